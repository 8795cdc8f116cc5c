"""Reads shapes: the statement `month_groups` packs way, kind, status, term and days of lines into one whole number.

A shape is `((way * 1000 + kind) * 10 + status) * 10000000 + number * 100 + covered_days` with codes of way, kind and
status. The number is that of months of the term, or of days of the period where the amount pays for exactly that. The
statement gets the codes from here and from the domain's tables, so that there is one list of kinds.
"""

from collections.abc import Mapping
from typing import NamedTuple

from partner_program.adapters.billing.snapshot import BillingFault
from partner_program.domain.revenue import (
    CHARGE_KINDS,
    DOCUMENT_STATUSES,
    KINDS_WITH_TERM,
    PIECE_OF_TERM,
    POSTED,
    THIS_PERIOD,
    WHOLE_TERM,
    Way,
)

_STATUS, _KIND, _WAY = 10_000_000, 100_000_000, 100_000_000_000
_PERIOD_CODE, _PIECE_CODE = 1, 2
_WAYS: dict[int, Way] = {0: WHOLE_TERM, _PERIOD_CODE: THIS_PERIOD, _PIECE_CODE: PIECE_OF_TERM}
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


class Shape(NamedTuple):
    """What lines have in common, as in an `MrrGroup`; kind None marks lines in doubt."""

    charge_kind: str | None
    document_status: str | None
    term_months: int
    covered_days: int
    way: Way
    period_days: int


class Shapes(dict[int | None, Shape]):
    """Shapes by their number, each unpacked once."""

    def __missing__(self, shape: int | None) -> Shape:
        """Unpack a shape; raises `BillingFault` for an unknown code, which must never be read as another one."""
        if shape is None:  # something in these lines cannot be relied on
            self[shape] = Shape(None, None, 0, 0, WHOLE_TERM, 0)
            return self[shape]
        way, rest = divmod(shape, _WAY)
        kind, rest = divmod(rest, _KIND)
        status, rest = divmod(rest, _STATUS)
        number, covered_days = divmod(rest, 100)
        known: dict[str, Mapping[int, str]] = {"way": _WAYS, "charge kind": _KINDS, "document status": _STATUSES}
        for (what, codes), code in zip(known.items(), (way, kind, status), strict=True):
            if code not in codes:
                raise BillingFault(f"month_groups: code {code} is that of no {what}, in shape {shape}")
        term, period = (1, number) if way == _PERIOD_CODE else (number, 0)
        found = Shape(_KINDS[kind], _STATUSES[status], term, covered_days, _WAYS[way], period)
        self[shape] = found
        return found
