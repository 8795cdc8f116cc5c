"""The programme's database: registry, snapshots, drafts, settlements, rates, letters, the brake's record."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Day, Words

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

APPEND_ONLY = (
    "snapshot",
    "snapshot_group",
    "snapshot_faulty_line",
    "snapshot_close",
    "snapshot_reseller_account",
    "settlement",
    "settlement_snapshot",
    "assessment",
    "assessment_account",
    "assessment_grant",
    "held_partner",
    "bucket",
    "unmatched_account",
    "entity_total",
    "discount_rate",
    "brake_stop",
    "brake_release",
)


def upgrade() -> None:
    """Create every table, and the triggers that refuse to change what took force."""
    op.create_table(
        "account_manager",
        sa.Column("account_manager_id", Words, nullable=False),
        sa.Column("name", Words, nullable=False),
        sa.Column("email", Words, nullable=False),
        sa.Column("phone", Words, nullable=False),
        sa.PrimaryKeyConstraint("account_manager_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "brake_stop",
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("decision_hash", Words, nullable=False),
        sa.Column("reasons", Words, nullable=False),
        sa.PrimaryKeyConstraint("billing_month", "decision_hash"),
        sqlite_strict=True,
    )
    op.create_table(
        "draft_stage",
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("stage", Words, nullable=False),
        sa.Column("inputs_hash", Words, nullable=False),
        sa.Column("header", Words, nullable=False),
        sa.PrimaryKeyConstraint("billing_month", "stage"),
        sqlite_strict=True,
    )
    op.create_table(
        "entity",
        sa.Column("entity", Words, nullable=False),
        sa.Column("legal_name", Words, nullable=False),
        sa.Column("country", Words, nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("time_zone", Words, nullable=False),
        sa.Column("joined_on", Day(), nullable=False),
        sa.Column("left_on", Day(), nullable=True),
        sa.Column("source", Words, nullable=True),
        sa.PrimaryKeyConstraint("entity"),
        sqlite_strict=True,
    )
    op.create_table(
        "exchange_rate",
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("units_per_eur", Words, nullable=False),
        sa.Column("source", Words, nullable=False),
        sa.PrimaryKeyConstraint("billing_month", "currency"),
        sqlite_strict=True,
    )
    op.create_table(
        "finding",
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("entity", Words, nullable=False),
        sa.Column("severity", Words, nullable=False),
        sa.Column("check_name", Words, nullable=False),
        sa.Column("message", Words, nullable=False),
        sa.Column("count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("examples", Words, nullable=False),
        sa.CheckConstraint("severity in ('critical', 'warning', 'info')", name="severity_known"),
        sa.PrimaryKeyConstraint("billing_month", "position"),
        sqlite_strict=True,
    )
    op.create_table(
        "restatement",
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("decision_hash", Words, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("status", Words, nullable=False),
        sa.Column("differences", Words, nullable=False),
        sa.Column("decided_by", Words, nullable=True),
        sa.Column("reason", Words, nullable=True),
        sa.Column("effective_on", Day(), nullable=True),
        sa.CheckConstraint("status in ('proposed', 'superseded', 'accepted', 'rejected')", name="status_known"),
        sa.PrimaryKeyConstraint("billing_month", "decision_hash"),
        sqlite_strict=True,
    )
    op.create_table(
        "settlement",
        sa.Column("settlement_id", sa.Integer(), nullable=False),
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("status", Words, nullable=False),
        sa.Column("migration", sa.Integer(), nullable=False),
        sa.Column("effective_on", Day(), nullable=True),
        sa.Column("program_file", Words, nullable=True),
        sa.Column("program_hash", Words, nullable=True),
        sa.Column("inputs_hash", Words, nullable=False),
        sa.Column("decision_hash", Words, nullable=False),
        sa.CheckConstraint("status = 'history' or effective_on is not null", name="in_force_from_a_day"),
        sa.CheckConstraint("status in ('in_force', 'history')", name="status_known"),
        sa.PrimaryKeyConstraint("settlement_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "snapshot",
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("entity", Words, nullable=False),
        sa.Column("content_hash", Words, nullable=False),
        sa.Column("line_count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("net_amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fault", Words, nullable=True),
        sa.PrimaryKeyConstraint("snapshot_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "brake_release",
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("decision_hash", Words, nullable=False),
        sa.Column("released_by", Words, nullable=False),
        sa.Column("reason", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["billing_month", "decision_hash"],
            ["brake_stop.billing_month", "brake_stop.decision_hash"],
        ),
        sa.PrimaryKeyConstraint("billing_month", "decision_hash"),
        sqlite_strict=True,
    )
    op.create_table(
        "bucket",
        sa.Column("settlement_id", sa.Integer(), nullable=False),
        sa.Column("entity", Words, nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("bucket", Words, nullable=False),
        sa.Column("lines", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("net_amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["settlement_id"],
            ["settlement.settlement_id"],
        ),
        sa.PrimaryKeyConstraint("settlement_id", "entity", "currency", "bucket"),
        sqlite_strict=True,
    )
    op.create_table(
        "draft_batch",
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("stage", Words, nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("body", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["billing_month", "stage"],
            ["draft_stage.billing_month", "draft_stage.stage"],
        ),
        sa.PrimaryKeyConstraint("billing_month", "stage", "batch"),
        sqlite_strict=True,
    )
    op.create_table(
        "entity_total",
        sa.Column("settlement_id", sa.Integer(), nullable=False),
        sa.Column("entity", Words, nullable=False),
        sa.Column("mrr_eur_cents", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["settlement_id"],
            ["settlement.settlement_id"],
        ),
        sa.PrimaryKeyConstraint("settlement_id", "entity"),
        sqlite_strict=True,
    )
    op.create_table(
        "latest_snapshot",
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("entity", Words, nullable=False),
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["snapshot_id"],
            ["snapshot.snapshot_id"],
        ),
        sa.PrimaryKeyConstraint("billing_month", "entity"),
        sqlite_strict=True,
    )
    op.create_table(
        "partner",
        sa.Column("partner_id", Words, nullable=False),
        sa.Column("company_name", Words, nullable=False),
        sa.Column("status", Words, nullable=False),
        sa.Column("language", Words, nullable=False),
        sa.Column("country", Words, nullable=False),
        sa.Column("website", Words, nullable=False),
        sa.Column("phone", Words, nullable=False),
        sa.Column("address", Words, nullable=False),
        sa.Column("vat_id", Words, nullable=False),
        sa.Column("account_manager_id", Words, nullable=False),
        sa.Column("authorized_on", Day(), nullable=True),
        sa.CheckConstraint("status in ('applied', 'authorized', 'suspended', 'ended')", name="status_known"),
        sa.ForeignKeyConstraint(
            ["account_manager_id"],
            ["account_manager.account_manager_id"],
        ),
        sa.PrimaryKeyConstraint("partner_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "period_close",
        sa.Column("entity", Words, nullable=False),
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("line_count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("control_total_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recorded_by", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["entity"],
            ["entity.entity"],
        ),
        sa.PrimaryKeyConstraint("entity", "billing_month", "currency"),
        sqlite_strict=True,
    )
    op.create_table(
        "publication",
        sa.Column("entity", Words, nullable=False),
        sa.Column("account_id", Words, nullable=False),
        sa.Column("valid_from", Day(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("monthly_fee_discount_bp", sa.Integer(), nullable=False),
        sa.Column("setup_fee_discount_bp", sa.Integer(), nullable=False),
        sa.Column("sla", Words, nullable=True),
        sa.Column("published_on", Day(), nullable=True),
        sa.CheckConstraint("monthly_fee_discount_bp between 0 and 10000", name="monthly_fee_discount_bp_range"),
        sa.CheckConstraint("setup_fee_discount_bp between 0 and 10000", name="setup_fee_discount_bp_range"),
        sa.CheckConstraint("tier between 0 and 6", name="tier_range"),
        sa.ForeignKeyConstraint(
            ["entity"],
            ["entity.entity"],
        ),
        sa.PrimaryKeyConstraint("entity", "account_id", "valid_from", "revision"),
        sqlite_strict=True,
    )
    op.create_table(
        "settlement_snapshot",
        sa.Column("settlement_id", sa.Integer(), nullable=False),
        sa.Column("entity", Words, nullable=False),
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["settlement_id"],
            ["settlement.settlement_id"],
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"],
            ["snapshot.snapshot_id"],
        ),
        sa.PrimaryKeyConstraint("settlement_id", "entity"),
        sqlite_strict=True,
    )
    op.create_table(
        "snapshot_close",
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("line_count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("control_total_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["snapshot_id"],
            ["snapshot.snapshot_id"],
        ),
        sa.PrimaryKeyConstraint("snapshot_id", "currency"),
        sqlite_strict=True,
    )
    op.create_table(
        "snapshot_faulty_line",
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("line_id", Words, nullable=False),
        sa.Column("account_id", Words, nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("charge_kind", Words, nullable=False),
        sa.Column("document_status", Words, nullable=False),
        sa.Column("net_amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("column_name", Words, nullable=False),
        sa.Column("found", Words, nullable=False),
        sa.Column("expected", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["snapshot_id"],
            ["snapshot.snapshot_id"],
        ),
        sa.PrimaryKeyConstraint("snapshot_id", "position"),
        sqlite_strict=True,
    )
    op.create_table(
        "snapshot_group",
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("account_id", Words, nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("charge_kind", Words, nullable=False),
        sa.Column("document_status", Words, nullable=False),
        sa.Column("term_months", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("covered_days", sa.Integer(), nullable=False),
        sa.Column("lines", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("net_amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["snapshot_id"],
            ["snapshot.snapshot_id"],
        ),
        sa.PrimaryKeyConstraint(
            "snapshot_id", "account_id", "currency", "charge_kind", "document_status", "term_months", "covered_days"
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "snapshot_reseller_account",
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("account_id", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["snapshot_id"],
            ["snapshot.snapshot_id"],
        ),
        sa.PrimaryKeyConstraint("snapshot_id", "account_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "unmatched_account",
        sa.Column("settlement_id", sa.Integer(), nullable=False),
        sa.Column("entity", Words, nullable=False),
        sa.Column("account_id", Words, nullable=False),
        sa.Column("reason", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["settlement_id"],
            ["settlement.settlement_id"],
        ),
        sa.PrimaryKeyConstraint("settlement_id", "entity", "account_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "account_link",
        sa.Column("entity", Words, nullable=False),
        sa.Column("account_id", Words, nullable=False),
        sa.Column("partner_id", Words, nullable=False),
        sa.Column("valid_from", Day(), nullable=False),
        sa.Column("valid_to", Day(), nullable=True),
        sa.CheckConstraint("valid_to > valid_from", name="period_order"),
        sa.ForeignKeyConstraint(
            ["entity"],
            ["entity.entity"],
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"],
            ["partner.partner_id"],
        ),
        sa.PrimaryKeyConstraint("entity", "account_id", "partner_id", "valid_from"),
        sqlite_strict=True,
    )
    op.create_table(
        "assessment",
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("partner_id", Words, nullable=False),
        sa.Column("settlement_id", sa.Integer(), nullable=False),
        sa.Column("effective_on", Day(), nullable=True),
        sa.Column("mrr_eur_cents", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("earned_tier", sa.Integer(), nullable=True),
        sa.Column("granted_tier", sa.Integer(), nullable=True),
        sa.Column("tier", sa.Integer(), nullable=True),
        sa.Column("previous_tier", sa.Integer(), nullable=True),
        sa.Column("monthly_fee_discount_bp", sa.Integer(), nullable=True),
        sa.Column("setup_fee_discount_bp", sa.Integer(), nullable=True),
        sa.Column("sla", Words, nullable=True),
        sa.Column("rate_valid_from", Day(), nullable=True),
        sa.Column("lifted_by", Words, nullable=True),
        sa.CheckConstraint("earned_tier between 0 and 6", name="earned_tier_range"),
        sa.CheckConstraint("granted_tier between 0 and 6", name="granted_tier_range"),
        sa.CheckConstraint("monthly_fee_discount_bp between 0 and 10000", name="monthly_fee_discount_bp_range"),
        sa.CheckConstraint("setup_fee_discount_bp between 0 and 10000", name="setup_fee_discount_bp_range"),
        sa.CheckConstraint("tier between 0 and 6", name="tier_range"),
        sa.ForeignKeyConstraint(
            ["partner_id"],
            ["partner.partner_id"],
        ),
        sa.ForeignKeyConstraint(
            ["settlement_id"],
            ["settlement.settlement_id"],
        ),
        sa.PrimaryKeyConstraint("billing_month", "revision", "partner_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "benefit_request",
        sa.Column("partner_id", Words, nullable=False),
        sa.Column("benefit", Words, nullable=False),
        sa.Column("valid_from", Day(), nullable=False),
        sa.Column("status", Words, nullable=False),
        sa.Column("decided_by", Words, nullable=False),
        sa.Column("valid_to", Day(), nullable=True),
        sa.CheckConstraint("status in ('requested', 'approved', 'refused')", name="status_known"),
        sa.ForeignKeyConstraint(
            ["partner_id"],
            ["partner.partner_id"],
        ),
        sa.PrimaryKeyConstraint("partner_id", "benefit", "valid_from"),
        sqlite_strict=True,
    )
    op.create_table(
        "contact",
        sa.Column("partner_id", Words, nullable=False),
        sa.Column("email", Words, nullable=False),
        sa.Column("role", Words, nullable=False),
        sa.Column("name", Words, nullable=False),
        sa.CheckConstraint("role in ('billing', 'business', 'technical')", name="role_known"),
        sa.ForeignKeyConstraint(
            ["partner_id"],
            ["partner.partner_id"],
        ),
        sa.PrimaryKeyConstraint("partner_id", "email", "role"),
        sqlite_strict=True,
    )
    op.create_table(
        "grace_grant",
        sa.Column("grant_id", Words, nullable=False),
        sa.Column("partner_id", Words, nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("starts_on", Day(), nullable=False),
        sa.Column("ends_on", Day(), nullable=False),
        sa.Column("granted_by", Words, nullable=False),
        sa.Column("reason", Words, nullable=False),
        sa.Column("origin", Words, nullable=False),
        sa.CheckConstraint("origin in ('file', 'command')", name="origin_known"),
        sa.CheckConstraint("ends_on > starts_on", name="period_order"),
        sa.CheckConstraint("tier between 1 and 6", name="tier_range"),
        sa.ForeignKeyConstraint(
            ["partner_id"],
            ["partner.partner_id"],
        ),
        sa.PrimaryKeyConstraint("grant_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "held_partner",
        sa.Column("settlement_id", sa.Integer(), nullable=False),
        sa.Column("partner_id", Words, nullable=False),
        sa.Column("entities", Words, nullable=False),
        sa.Column("reason", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"],
            ["partner.partner_id"],
        ),
        sa.ForeignKeyConstraint(
            ["settlement_id"],
            ["settlement.settlement_id"],
        ),
        sa.PrimaryKeyConstraint("settlement_id", "partner_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "legacy_agreement",
        sa.Column("partner_id", Words, nullable=False),
        sa.Column("valid_from", Day(), nullable=False),
        sa.Column("source", Words, nullable=False),
        sa.Column("monthly_fee_discount_bp", sa.Integer(), nullable=False),
        sa.Column("setup_fee_discount_bp", sa.Integer(), nullable=False),
        sa.Column("sla", Words, nullable=True),
        sa.Column("valid_to", Day(), nullable=True),
        sa.CheckConstraint("monthly_fee_discount_bp between 0 and 10000", name="monthly_fee_discount_bp_range"),
        sa.CheckConstraint("setup_fee_discount_bp between 0 and 10000", name="setup_fee_discount_bp_range"),
        sa.ForeignKeyConstraint(
            ["partner_id"],
            ["partner.partner_id"],
        ),
        sa.PrimaryKeyConstraint("partner_id", "valid_from", "source"),
        sqlite_strict=True,
    )
    op.create_table(
        "assessment_account",
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("partner_id", Words, nullable=False),
        sa.Column("entity", Words, nullable=False),
        sa.Column("account_id", Words, nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("units_per_eur", Words, nullable=False),
        sa.Column("mrr_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mrr_eur_cents", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["billing_month", "revision", "partner_id"],
            ["assessment.billing_month", "assessment.revision", "assessment.partner_id"],
        ),
        sa.PrimaryKeyConstraint("billing_month", "revision", "partner_id", "entity", "account_id", "currency"),
        sqlite_strict=True,
    )
    op.create_table(
        "assessment_grant",
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("partner_id", Words, nullable=False),
        sa.Column("grant_id", Words, nullable=False),
        sa.Column("outcome", Words, nullable=True),
        sa.CheckConstraint("outcome in ('confirmed', 'lapsed')", name="outcome_known"),
        sa.ForeignKeyConstraint(
            ["billing_month", "revision", "partner_id"],
            ["assessment.billing_month", "assessment.revision", "assessment.partner_id"],
        ),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["grace_grant.grant_id"],
        ),
        sa.PrimaryKeyConstraint("billing_month", "revision", "partner_id", "grant_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "discount_rate",
        sa.Column("partner_id", Words, nullable=False),
        sa.Column("valid_from", Day(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("monthly_fee_discount_bp", sa.Integer(), nullable=False),
        sa.Column("setup_fee_discount_bp", sa.Integer(), nullable=False),
        sa.Column("sla", Words, nullable=True),
        sa.Column("origin", Words, nullable=False),
        sa.Column("settlement_id", sa.Integer(), nullable=True),
        sa.Column("grant_id", Words, nullable=True),
        sa.CheckConstraint("origin in ('settlement', 'rise', 'restatement', 'grant', 'closing')", name="origin_known"),
        sa.CheckConstraint("monthly_fee_discount_bp between 0 and 10000", name="monthly_fee_discount_bp_range"),
        sa.CheckConstraint("setup_fee_discount_bp between 0 and 10000", name="setup_fee_discount_bp_range"),
        sa.CheckConstraint("tier between 0 and 6", name="tier_range"),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["grace_grant.grant_id"],
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"],
            ["partner.partner_id"],
        ),
        sa.ForeignKeyConstraint(
            ["settlement_id"],
            ["settlement.settlement_id"],
        ),
        sa.PrimaryKeyConstraint("partner_id", "valid_from", "sequence"),
        sqlite_strict=True,
    )
    op.create_table(
        "letter",
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("partner_id", Words, nullable=False),
        sa.Column("settlement_id", sa.Integer(), nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("status", Words, nullable=False),
        sa.Column("template_version", Words, nullable=True),
        sa.Column("content_hash", Words, nullable=True),
        sa.CheckConstraint("status in ('planned', 'rendered')", name="status_known"),
        sa.ForeignKeyConstraint(
            ["billing_month", "revision", "partner_id"],
            ["assessment.billing_month", "assessment.revision", "assessment.partner_id"],
        ),
        sa.ForeignKeyConstraint(
            ["settlement_id"],
            ["settlement.settlement_id"],
        ),
        sa.PrimaryKeyConstraint("billing_month", "revision", "partner_id"),
        sqlite_strict=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(_refusal(table, change))


def _refusal(table: str, change: str) -> str:
    name = f"{table}_refuses_{change.lower()}"
    if op.get_bind().dialect.name == "postgresql":
        return f"CREATE TRIGGER {name} BEFORE {change} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    return f"CREATE TRIGGER {name} BEFORE {change} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
