"""Reads shapes: the statement `month_groups` packs kind, status, term and covered days of lines into one whole number.

A shape is `(code of the kind * 10 + code of the status) * 100000 + term_months * 100 + covered_days`. The statement
gets the codes from the domain's tables, so that there is one list of kinds.
"""

from partner_program.adapters.billing.snapshot import BillingFault
from partner_program.domain.revenue import CHARGE_KINDS, DOCUMENT_STATUSES, KINDS_WITH_TERM

# The lists of kinds and statuses that `month_groups` gets.
SHAPE_BINDS: dict[str, tuple[object, ...]] = {
    "kind": tuple(CHARGE_KINDS),
    "kind_code": tuple(kind.code for kind in CHARGE_KINDS.values()),
    "never_negative": tuple(kind.name for kind in CHARGE_KINDS.values() if not kind.may_be_negative),
    "metered": tuple(kind.name for kind in CHARGE_KINDS.values() if kind.is_metered),
    "with_term": KINDS_WITH_TERM,
    "status": tuple(DOCUMENT_STATUSES),
    "status_code": tuple(DOCUMENT_STATUSES.values()),
}
_KINDS = {kind.code: name for name, kind in CHARGE_KINDS.items()}
_STATUSES = {code: status for status, code in DOCUMENT_STATUSES.items()}


class Shapes(dict[int | None, tuple[str | None, str | None, int, int]]):
    """Kind, status, term and covered days by shape, each unpacked once; kind None marks lines that may be faulty."""

    def __missing__(self, shape: int | None) -> tuple[str | None, str | None, int, int]:
        """Unpack a shape; raises `BillingFault` for an unknown code, which must never be read as another kind."""
        if shape is None:  # something in these lines cannot be relied on
            self[shape] = None, None, 0, 0
            return self[shape]
        codes, rest = divmod(shape, 100_000)
        kind, status = divmod(codes, 10)
        if kind not in _KINDS:
            raise BillingFault(f"month_groups: code {kind} is that of no charge kind, in shape {shape}")
        if status not in _STATUSES:
            raise BillingFault(f"month_groups: code {status} is that of no document status, in shape {shape}")
        self[shape] = (_KINDS[kind], _STATUSES[status], *divmod(rest, 100))
        return self[shape]
