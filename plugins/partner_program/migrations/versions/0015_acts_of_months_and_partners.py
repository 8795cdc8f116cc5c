"""Each act says which month and which partner it is about, where it is about one."""

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Words

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ACT = sa.table(
    "act", *(sa.column(name) for name in ("act_id", "kind", "subject", "detail", "billing_month", "partner_id"))
)


def upgrade() -> None:
    """Add the columns, and fill in what an older act says itself; nothing else of it changes: its hash stays true."""
    for name in ("billing_month", "partner_id"):
        op.add_column("act", sa.Column(name, Words, nullable=True))
    op.execute(_DROP[op.get_bind().dialect.name])
    for act in op.get_bind().execute(sa.select(ACT)).all():
        found = _said_by(act.kind, act.subject, json.loads(act.detail))
        if found:
            op.execute(sa.update(ACT).where(ACT.c.act_id == act.act_id).values(found))
    op.execute(_GUARD[op.get_bind().dialect.name])
    op.create_index("act_of_month", "act", ["billing_month"])
    op.create_index("act_of_partner", "act", ["partner_id"])


def _said_by(kind: str, subject: str, detail: Any) -> dict[str, str]:
    """Return the month and the partner that an act of an earlier version is about; what it does not say stays empty."""
    if kind == "month run":
        return {"billing_month": subject}
    if kind == "rate_confirmed":
        return {"billing_month": detail["month"]}
    if kind == "letter never came":
        partners = {partner for _, partner, _ in detail["deliveries"]}
        return {"billing_month": subject, **({"partner_id": partners.pop()} if len(partners) == 1 else {})}
    if kind == "registry_removal":
        return {"partner_id": detail[0]["partner_id"]}
    return {}


_BEFORE = "CREATE TRIGGER act_refuses_update BEFORE UPDATE ON act"
_DROP = {
    "sqlite": "DROP TRIGGER act_refuses_update",
    "postgresql": "DROP TRIGGER act_refuses_update ON act",
}
_GUARD = {
    "sqlite": f"{_BEFORE} BEGIN SELECT RAISE(ABORT, 'act is append-only'); END",
    "postgresql": f"{_BEFORE} FOR EACH ROW EXECUTE FUNCTION refuse_change()",
}
