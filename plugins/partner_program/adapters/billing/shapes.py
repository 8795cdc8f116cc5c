"""Reads shapes: the statement `month_groups` packs way, kind, status and term of lines into one whole number.

A shape is `((way * 1000 + kind) * 10 + status) * 10000000 + number` with codes of way, kind and status. The number is
that of months of the term, of days of the period where the amount pays for exactly that, or 0 for metered lines that
start in an earlier month. The statement gets the codes from here and from the domain's tables, so that there is one
list of kinds.
"""

from collections.abc import Mapping
from typing import NamedTuple

from partner_program.adapters.billing.snapshot import BillingFault
from partner_program.domain.revenue import (
    CHARGE_KINDS,
    DOCUMENT_STATUSES,
    KINDS_WITH_TERM,
    NO_SHARE,
    PIECE_OF_TERM,
    POSTED,
    THIS_PERIOD,
    WHOLE_TERM,
    Way,
    may_count,
)

_STATUS, _KIND, _WAY = 10_000_000, 100_000_000, 100_000_000_000
_PERIOD_CODE, _PIECE_CODE = 1, 2
_WAYS: dict[int, Way] = {
    0: WHOLE_TERM,
    _PERIOD_CODE: THIS_PERIOD,
    _PIECE_CODE: PIECE_OF_TERM,
}
# What `month_groups` gets: lists of kinds and statuses, the status that counts, and what marks the ways.
SHAPE_BINDS: dict[str, object] = {
    "kind": tuple(CHARGE_KINDS),
    "kind_code": tuple(kind.code for kind in CHARGE_KINDS.values()),
    "never_negative": tuple(kind.name for kind in CHARGE_KINDS.values() if not kind.may_be_negative),
    "metered": tuple(kind.name for kind in CHARGE_KINDS.values() if kind.is_metered),
    "with_term": KINDS_WITH_TERM,
    "status": tuple(DOCUMENT_STATUSES),
    "status_code": tuple(DOCUMENT_STATUSES.values()),
    "posted": POSTED,
    "this_period": _PERIOD_CODE * _WAY,
    "piece": _PIECE_CODE * _WAY,
}
_KINDS = {kind.code: name for name, kind in CHARGE_KINDS.items()}
_STATUSES = {code: status for status, code in DOCUMENT_STATUSES.items()}


IN_DOUBT = ""


class Shape(NamedTuple):
    """What lines have in common, as in an `MrrGroup`; kind `IN_DOUBT` marks lines in doubt."""

    charge_kind: str
    document_status: str
    term_months: int
    way: Way
    period_days: int


class Shapes(dict[int | None, Shape]):
    """Shapes by their number, each unpacked once."""

    @property
    def are_one_group_each(self) -> bool:
        """Whether no two of them are the same: a database may keep apart what decides nothing."""
        return len(set(self.values())) == len(self)

    def __missing__(self, shape: int | None) -> Shape:
        """Unpack a shape; raises `BillingFault` for an unknown code, which must never be read as another one."""
        if shape is None:  # something in these lines cannot be relied on
            self[shape] = Shape(IN_DOUBT, "", 0, WHOLE_TERM, 0)
            return self[shape]
        way, rest = divmod(shape, _WAY)
        kind, rest = divmod(rest, _KIND)
        status, number = divmod(rest, _STATUS)
        known: dict[str, Mapping[int, str]] = {"way": _WAYS, "charge kind": _KINDS, "document status": _STATUSES}
        for (what, codes), code in zip(known.items(), (way, kind, status), strict=True):
            if code not in codes:
                raise BillingFault(f"month_groups: code {code} is that of no {what}, in shape {shape}")
        found = Shape(_KINDS[kind], _STATUSES[status], number, _WAYS[way], 0)
        if number == 0 or not may_count(found):
            found = found._replace(term_months=1, way=NO_SHARE)
        elif way == _PERIOD_CODE:
            found = found._replace(term_months=1, period_days=number)
        self[shape] = found
        return found
