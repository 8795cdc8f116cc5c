"""The tables of the programme's database, the same for SQLite and PostgreSQL; the migrations create them.

Money is whole minor units, discounts basis points, periods half-open days. Tables in `APPEND_ONLY` are never
updated or deleted: triggers refuse it.
"""

from typing import Any, get_args

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, MetaData, Table, text

from partner_program.adapters.column_types import Day, Whole, Words
from partner_program.domain.delivery import STATES
from partner_program.domain.digests import DIGEST_STATES
from partner_program.domain.disputes import About, DisputeAct, Verdict
from partner_program.domain.events import EVENT_STATES

metadata = MetaData()


def _key(name: str, kind: Any = Words) -> Column[Any]:
    return Column(name, kind, primary_key=True, nullable=False)


def _must(name: str, kind: Any = Words) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _may(name: str, kind: Any = Words) -> Column[Any]:
    return Column(name, kind, nullable=True)


def _refers(columns: str, table: str, to: str | None = None) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(columns.split(), [f"{table}.{column}" for column in (to or columns).split()])


def _one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} in ({listed})", name=f"{column}_known")


def _bp(column: str) -> CheckConstraint:
    return CheckConstraint(f"{column} between 0 and 10000", name=f"{column}_range")


def _tier(column: str) -> CheckConstraint:
    return CheckConstraint(f"{column} >= 0", name=f"{column}_range")


def _unfinished(name: str, *columns: Column[Any], where: str) -> Index:
    """An index of the few rows that are not finished yet."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


def _table(name: str, *items: Any) -> Table:
    return Table(name, metadata, *items, sqlite_strict=True)


# The registry, as it was last loaded.
entity = _table(
    "entity",
    _key("entity"),
    _must("legal_name"),
    _must("country"),
    _must("currency"),
    _must("time_zone"),
    _must("joined_on", Day),
    _may("left_on", Day),
    _may("source"),
)
account_manager = _table(
    "account_manager", _key("account_manager_id"), _must("name"), _must("email"), _must("phone"), _must("countries")
)
partner = _table(
    "partner",
    _key("partner_id"),
    _must("company_name"),
    _must("status"),
    _must("language"),
    _must("country"),
    _must("website"),
    _must("phone"),
    _must("address"),
    _must("vat_id"),
    _must("account_manager_id"),
    _may("authorized_on", Day),
    _must("attributes"),
    _one_of("status", "applied", "authorized", "suspended", "ended"),
    _refers("account_manager_id", "account_manager"),
)
contact = _table(
    "contact",
    _key("partner_id"),
    _key("email"),
    _key("role"),
    _must("name"),
    _one_of("role", "billing", "business", "technical"),
    _refers("partner_id", "partner"),
)
account_link = _table(
    "account_link",
    _key("entity"),
    _key("account_id"),
    _key("partner_id"),
    _key("valid_from", Day),
    _may("valid_to", Day),
    CheckConstraint("valid_to > valid_from", name="period_order"),
    _refers("partner_id", "partner"),
    _refers("entity", "entity"),
)
legacy_agreement = _table(
    "legacy_agreement",
    _key("partner_id"),
    _key("valid_from", Day),
    _key("source"),
    _must("monthly_fee_discount_bp", Integer),
    _must("setup_fee_discount_bp", Integer),
    _may("sla"),
    _may("valid_to", Day),
    _must("benefits"),
    _may("product"),
    _bp("monthly_fee_discount_bp"),
    _bp("setup_fee_discount_bp"),
    _refers("partner_id", "partner"),
)
grace_grant = _table(
    "grace_grant",
    _key("grant_id"),
    _must("partner_id"),
    _must("tier", Integer),
    _must("starts_on", Day),
    _must("ends_on", Day),
    _must("granted_by"),
    _must("reason"),
    _must("origin"),
    CheckConstraint("tier >= 1", name="tier_range"),
    CheckConstraint("ends_on > starts_on", name="period_order"),
    _one_of("origin", "file", "command"),
    _refers("partner_id", "partner"),
)
# Requests for benefits, and each step of each: what a request is now follows from its steps and the day.
benefit_request = _table(
    "benefit_request",
    _key("request_id"),
    _must("partner_id"),
    _must("benefit"),
    _refers("partner_id", "partner"),
)
benefit_step = _table(
    "benefit_step",
    _key("request_id"),
    _key("step_no", Integer),
    _must("act"),
    _must("done_by"),
    _must("reason"),
    _may("done_on", Day),
    _may("quantity", Integer),
    _may("amount_cents", Whole),
    _may("valid_from", Day),
    _may("valid_to", Day),
    _must("activity"),
    _must("market"),
    _must("origin"),
    _one_of("act", "requested", "approved", "refused", "withdrawn", "outcome"),
    _one_of("origin", "file", "command"),
    CheckConstraint("valid_to > valid_from", name="period_order"),
    CheckConstraint("quantity >= 1", name="quantity_range"),
    CheckConstraint("amount_cents >= 0", name="amount_range"),
    _refers("request_id", "benefit_request"),
)
qualification = _table(
    "qualification",
    _key("partner_id"),
    _key("key"),
    _key("valid_from", Day),
    _must("value", Whole),
    _must("source"),
    _may("valid_to", Day),
    _refers("partner_id", "partner"),
)
exchange_rate = _table(
    "exchange_rate", _key("billing_month"), _key("currency"), _must("units_per_eur"), _must("source")
)
period_close = _table(
    "period_close",
    _key("entity"),
    _key("billing_month"),
    _key("currency"),
    _must("line_count", Whole),
    _must("control_total_minor", Whole),
    _must("recorded_by"),
    _refers("entity", "entity"),
)

# What each entity billed, frozen: a snapshot never changes; reading other data makes another snapshot. Its groups are
# in `snapshot_sum`; the two tables before that have those of snapshots that versions up to schema 0022 froze.
snapshot = _table(
    "snapshot",
    Column("snapshot_id", Integer, primary_key=True, nullable=False),
    _must("billing_month"),
    _must("entity"),
    _must("content_hash"),
    _must("line_count", Whole),
    _must("net_amount_minor", Whole),
    _may("fault"),
)
snapshot_group = _table(
    "snapshot_group",
    _key("snapshot_id", Integer),
    _key("account_id"),
    _key("currency"),
    _key("charge_kind"),
    _key("document_status"),
    _key("term_months", Whole),
    _key("covered_days", Integer),
    _must("lines", Whole),
    _must("net_amount_minor", Whole),
    _refers("snapshot_id", "snapshot"),
)
# Groups that pay for a piece of a term or for exactly their period (rule 2); `snapshot_group` has the whole terms.
snapshot_piece = _table(
    "snapshot_piece",
    _key("snapshot_id", Integer),
    _key("account_id"),
    _key("currency"),
    _key("charge_kind"),
    _key("document_status"),
    _key("term_months", Whole),
    _key("covered_days", Integer),
    _key("way"),
    _key("period_days", Integer),
    _must("lines", Whole),
    _must("net_amount_minor", Whole),
    _must("term_amount_minor", Whole),
    _refers("snapshot_id", "snapshot"),
)
snapshot_sum = _table(
    "snapshot_sum",
    _key("snapshot_id", Integer),
    _key("account_id"),
    _key("currency"),
    _key("charge_kind"),
    _key("document_status"),
    _key("term_months", Whole),
    _key("way"),
    _key("period_days", Integer),
    _must("lines", Whole),
    _must("net_amount_minor", Whole),
    _must("minor_days", Whole),
    _refers("snapshot_id", "snapshot"),
)
snapshot_faulty_line = _table(
    "snapshot_faulty_line",
    _key("snapshot_id", Integer),
    _key("position", Integer),
    _must("line_id"),
    _must("account_id"),
    _must("currency"),
    _must("charge_kind"),
    _must("document_status"),
    _may("net_amount_minor", Whole),
    _must("column_name"),
    _must("found"),
    _must("expected"),
    _refers("snapshot_id", "snapshot"),
)
# Sound lines, counted in the groups too, whose period is shorter than the term that they name.
snapshot_short_line = _table(
    "snapshot_short_line",
    _key("snapshot_id", Integer),
    _key("position", Integer),
    _must("line_id"),
    _must("account_id"),
    _must("currency"),
    _must("charge_kind"),
    _must("service_start"),
    _must("service_end"),
    _must("term_months", Whole),
    _must("covered_days", Integer),
    _must("period_days", Integer),
    _must("net_amount_minor", Whole),
    _refers("snapshot_id", "snapshot"),
)
# Sound lines, counted in the groups too, of which the entity's billing system does not say what they are for.
snapshot_doubtful_line = _table(
    "snapshot_doubtful_line",
    _key("snapshot_id", Integer),
    _key("position", Integer),
    _must("line_id"),
    _must("account_id"),
    _must("currency"),
    _must("charge_kind"),
    _must("service_start"),
    _must("service_end"),
    _must("net_amount_minor", Whole),
    _must("doubt"),
    _refers("snapshot_id", "snapshot"),
)
# Where a snapshot was read from first, if that was files.
snapshot_file = _table(
    "snapshot_file",
    _key("snapshot_id", Integer),
    _key("path"),
    _must("size_bytes", Whole),
    _must("changed_at"),
    _refers("snapshot_id", "snapshot"),
)
snapshot_close = _table(
    "snapshot_close",
    _key("snapshot_id", Integer),
    _key("currency"),
    _must("line_count", Whole),
    _must("control_total_minor", Whole),
    _refers("snapshot_id", "snapshot"),
)
snapshot_reseller_account = _table(
    "snapshot_reseller_account",
    _key("snapshot_id", Integer),
    _key("account_id"),
    _refers("snapshot_id", "snapshot"),
)
latest_snapshot = _table(
    "latest_snapshot",
    _key("billing_month"),
    _key("entity"),
    _must("snapshot_id", Integer),
    _refers("snapshot_id", "snapshot"),
)
finding = _table(
    "finding",
    _key("billing_month"),
    _key("position", Integer),
    _must("entity"),
    _must("severity"),
    _must("check_name"),
    _must("message"),
    _must("count", Whole),
    _must("examples"),
    _one_of("severity", "critical", "warning", "info"),
)

# The drafts of a month that is being decided: they may be replaced until it is committed.
draft_stage = _table("draft_stage", _key("billing_month"), _key("stage"), _must("inputs_hash"), _must("header"))
draft_batch = _table(
    "draft_batch",
    _key("billing_month"),
    _key("stage"),
    _key("batch", Integer),
    _must("body"),
    _refers("billing_month stage", "draft_stage"),
)

# Who may write a month, and how often each step has written: a run that is out of date is refused.
month_lease = _table(
    "month_lease", _key("billing_month"), _must("token", Whole), _must("holder"), _must("held_until", Whole)
)
step_token = _table("step_token", _key("billing_month"), _key("step"), _must("token", Whole))

# Decisions, in force or history only.
settlement = _table(
    "settlement",
    Column("settlement_id", Integer, primary_key=True, nullable=False),
    _must("billing_month"),
    _must("revision", Integer),
    _must("status"),
    _must("migration", Integer),
    _may("effective_on", Day),
    _may("program_file"),
    _may("program_hash"),
    _must("inputs_hash"),
    _must("decision_hash"),
    _one_of("status", "in_force", "history"),
    CheckConstraint("status = 'history' or effective_on is not null", name="in_force_from_a_day"),
)
settlement_snapshot = _table(
    "settlement_snapshot",
    _key("settlement_id", Integer),
    _key("entity"),
    _must("snapshot_id", Integer),
    _refers("settlement_id", "settlement"),
    _refers("snapshot_id", "snapshot"),
)
# What each settlement was decided from beside the snapshots, as tables without names; each text is kept once.
input_text = _table("input_text", _key("content_hash"), _must("body"))
settlement_input = _table(
    "settlement_input",
    _key("settlement_id", Integer),
    _key("part"),
    _must("content_hash"),
    _refers("settlement_id", "settlement"),
    _refers("content_hash", "input_text"),
)
assessment = _table(
    "assessment",
    _key("billing_month"),
    _key("revision", Integer),
    _key("partner_id"),
    _must("settlement_id", Integer),
    _may("effective_on", Day),
    _must("mrr_eur_cents", Whole),
    _may("earned_tier", Integer),
    _may("granted_tier", Integer),
    _may("tier", Integer),
    _may("previous_tier", Integer),
    _may("monthly_fee_discount_bp", Integer),
    _may("setup_fee_discount_bp", Integer),
    _may("sla"),
    _may("rate_valid_from", Day),
    _may("lifted_by"),
    # Where the programme has a window of months, or rules for changes of tier.
    _may("qualifying_eur_cents", Whole),
    _may("merit_tier", Integer),
    _may("months_below", Integer),
    _may("families"),  # product families with a discount of their own
    _tier("earned_tier"),
    _tier("granted_tier"),
    _tier("tier"),
    _bp("monthly_fee_discount_bp"),
    _bp("setup_fee_discount_bp"),
    _refers("partner_id", "partner"),
    _refers("settlement_id", "settlement"),
)
assessment_account = _table(
    "assessment_account",
    _key("billing_month"),
    _key("revision", Integer),
    _key("partner_id"),
    _key("entity"),
    _key("account_id"),
    _key("currency"),
    _must("units_per_eur"),
    _must("mrr_minor", Whole),
    _must("mrr_eur_cents", Whole),
    _refers("billing_month revision partner_id", "assessment"),
)
# The months before it that a window of months was made of, as they were known then.
assessment_window = _table(
    "assessment_window",
    _key("billing_month"),
    _key("revision", Integer),
    _key("partner_id"),
    _key("counted_month"),
    _must("mrr_eur_cents", Whole),
    _refers("billing_month revision partner_id", "assessment"),
)
assessment_grant = _table(
    "assessment_grant",
    _key("billing_month"),
    _key("revision", Integer),
    _key("partner_id"),
    _key("grant_id"),
    _may("outcome"),
    _one_of("outcome", "confirmed", "lapsed"),
    _refers("billing_month revision partner_id", "assessment"),
    _refers("grant_id", "grace_grant"),
)
assessment_at_rates_before = _table(
    "assessment_at_rates_before",
    _key("billing_month"),
    _key("revision", Integer),
    _key("partner_id"),
    _must("rates_of"),
    _must("mrr_eur_cents", Whole),
    _must("holds", Integer),
    _refers("billing_month revision partner_id", "assessment"),
)
assessment_qualification = _table(
    "assessment_qualification",
    _key("billing_month"),
    _key("revision", Integer),
    _key("partner_id"),
    _key("key"),
    _must("value", Whole),
    _refers("billing_month revision partner_id", "assessment"),
)
held_partner = _table(
    "held_partner",
    _key("settlement_id", Integer),
    _key("partner_id"),
    _must("entities"),
    _must("reason"),
    _refers("settlement_id", "settlement"),
    _refers("partner_id", "partner"),
)
bucket = _table(
    "bucket",
    _key("settlement_id", Integer),
    _key("entity"),
    _key("currency"),
    _key("bucket"),
    _must("lines", Whole),
    _must("net_amount_minor", Whole),
    _refers("settlement_id", "settlement"),
)
unmatched_account = _table(
    "unmatched_account",
    _key("settlement_id", Integer),
    _key("entity"),
    _key("account_id"),
    _must("reason"),
    _refers("settlement_id", "settlement"),
)
entity_total = _table(
    "entity_total",
    _key("settlement_id", Integer),
    _key("entity"),
    _must("mrr_eur_cents", Whole),
    _refers("settlement_id", "settlement"),
)
# What each settlement counts, written with it: the pages read these few rows. `held_count` has the largest group first,
# and the partner of a group of one.
move_count = _table(
    "move_count",
    _key("settlement_id", Integer),
    _key("position", Integer),
    _may("previous_tier", Integer),
    _may("tier", Integer),
    _must("partners", Whole),
    _must("mrr_eur_cents", Whole),
    _refers("settlement_id", "settlement"),
)
letter_count = _table(
    "letter_count",
    _key("settlement_id", Integer),
    _key("kind"),
    _must("letters", Whole),
    _refers("settlement_id", "settlement"),
)
held_count = _table(
    "held_count",
    _key("settlement_id", Integer),
    _key("position", Integer),
    _must("reason"),
    _must("partners", Whole),
    _may("partner_id"),
    _refers("settlement_id", "settlement"),
)
discount_rate = _table(
    "discount_rate",
    _key("partner_id"),
    _key("valid_from", Day),
    _key("sequence", Integer),
    _must("tier", Integer),
    _must("monthly_fee_discount_bp", Integer),
    _must("setup_fee_discount_bp", Integer),
    _may("sla"),
    _must("origin"),
    _may("settlement_id", Integer),
    _may("grant_id"),
    _may("families"),
    _tier("tier"),
    _bp("monthly_fee_discount_bp"),
    _bp("setup_fee_discount_bp"),
    _one_of("origin", "settlement", "rise", "restatement", "grant", "closing"),
    _refers("partner_id", "partner"),
    _refers("settlement_id", "settlement"),
    _refers("grant_id", "grace_grant"),
)
# The rates that belong into each entity's order database; published means that the row was read back from there.
publication = _table(
    "publication",
    _key("entity"),
    _key("account_id"),
    _key("valid_from", Day),
    _key("revision", Integer),
    _must("tier", Integer),
    _must("monthly_fee_discount_bp", Integer),
    _must("setup_fee_discount_bp", Integer),
    _may("sla"),
    _may("published_on", Day),
    _may("families"),
    _tier("tier"),
    _bp("monthly_fee_discount_bp"),
    _bp("setup_fee_discount_bp"),
    _refers("entity", "entity"),
)
# Likewise what each account has of each benefit.
benefit_publication = _table(
    "benefit_publication",
    _key("entity"),
    _key("account_id"),
    _key("benefit"),
    _key("valid_from", Day),
    _key("revision", Integer),
    _must("status"),
    _may("quantity", Integer),
    _may("days", Integer),
    _may("valid_to", Day),
    _may("published_on", Day),
    _one_of("status", "approved", "ended"),
    _refers("entity", "entity"),
)
letter = _table(
    "letter",
    _key("billing_month"),
    _key("revision", Integer),
    _key("partner_id"),
    _must("settlement_id", Integer),
    _must("kind"),
    _must("status"),
    _may("template_version"),
    _may("content_hash"),
    _one_of("status", "planned", "rendered"),
    _refers("billing_month revision partner_id", "assessment"),
    _refers("settlement_id", "settlement"),
)
# The benefits that a letter states, as they were on its effective day; a letter of an earlier version has none here.
letter_benefits = _table(
    "letter_benefits",
    _key("partner_id"),
    _key("billing_month"),
    _key("revision", Integer),
    _must("content_hash"),
    _refers("billing_month revision partner_id", "letter"),
    _refers("content_hash", "input_text"),
)
# What a letter that was rendered was made of: where it is the same now, the letter is too.
letter_recipe = _table(
    "letter_recipe",
    _key("partner_id"),
    _key("billing_month"),
    _key("revision", Integer),
    _must("made_of"),
    _refers("billing_month revision partner_id", "letter"),
)
# The letter outbox: one row for each recipient of each letter, from the moment the letter is owed.
delivery = _table(
    "delivery",
    _key("billing_month"),
    _key("revision", Integer),
    _key("partner_id"),
    _key("recipient"),
    _must("recipient_name"),
    _must("status"),
    _must("resend_number", Integer),
    _may("approval_id", Integer),
    _may("content_hash"),
    _may("message_id"),
    _may("dated", Whole),
    _may("claimed_by"),
    _may("claimed_until", Whole),
    _may("not_before", Whole),
    _must("attempts", Integer),
    _may("reply"),
    _one_of("status", *STATES),
    _refers("billing_month revision partner_id", "letter"),
    _refers("approval_id", "letter_action", "action_id"),
)
# Each time that a person asked to send a letter again, with the decision: without it the database refuses the resend.
delivery_resend = _table(
    "delivery_resend",
    _key("billing_month"),
    _key("revision", Integer),
    _key("partner_id"),
    _key("recipient"),
    _key("resend_number", Integer),
    _must("action_id", Integer),
    _refers("action_id", "letter_action"),
)
# Decisions of people about letters: who, why, when.
letter_action = _table(
    "letter_action",
    Column("action_id", Integer, primary_key=True, nullable=False),
    _must("action"),
    _may("billing_month"),
    _must("done_by"),
    _must("reason"),
    _must("done_at", Whole),
    _may("batch_hash"),
    _must("detail"),
    _one_of("action", "approve", "approve_auto", "reject", "accepted", "resend", "bounces", "adopt"),
)
# The outbox of digests: one row for each partner manager and week, by its Monday, whether there was something to tell.
digest = _table(
    "digest",
    _key("week_of", Day),
    _key("account_manager_id"),
    _must("status"),
    _must("listed_on", Day),
    _must("told_from", Day),
    _must("due_days", Integer),
    _must("reminders", Integer),
    _must("not_read"),
    _may("subject"),
    _may("text"),
    _may("html"),
    _may("content_hash"),
    _may("message_id"),
    _may("dated", Whole),
    _must("resend_number", Integer),
    _may("claimed_by"),
    _may("claimed_until", Whole),
    _may("not_before", Whole),
    _must("attempts", Integer),
    _may("reply"),
    _one_of("status", *DIGEST_STATES),
)
# The outbox of events, in the order in which they were written: what each tells of never changes, its delivery does.
event = _table(
    "event",
    _key("event_no", Integer),
    _must("event_id"),
    _must("kind"),
    _must("subject"),
    _may("partner_id"),
    _may("billing_month"),
    _must("happened_at", Whole),
    _must("data"),
    _must("amounts"),
    _must("status"),
    _must("attempts", Integer),
    _may("claimed_by"),
    _may("claimed_until", Whole),
    _may("not_before", Whole),
    _may("reply"),
    _one_of("status", *EVENT_STATES),
)
# Which installation sends, and from where: a copy, or one restored from a backup, sends nothing until a person has
# checked it.
sending = _table("sending", _key("installation_id"), _must("epoch", Whole), _may("host"), _may("out"), _may("database"))
# A month in force that would come out differently: proposed, then accepted or rejected by a person.
restatement = _table(
    "restatement",
    _key("billing_month"),
    _key("decision_hash"),
    _must("revision", Integer),
    _must("status"),
    _must("differences"),
    _may("decided_by"),
    _may("reason"),
    _may("effective_on", Day),
    _one_of("status", "proposed", "superseded", "accepted", "rejected"),
)
brake_stop = _table("brake_stop", _key("billing_month"), _key("decision_hash"), _must("reasons"))
brake_release = _table(
    "brake_release",
    _key("billing_month"),
    _key("decision_hash"),
    _must("released_by"),
    _must("reason"),
    _refers("billing_month decision_hash", "brake_stop"),
)
# What people and schedules did: each act one row, with the hash of what was decided, and the month and the partner that
# it is about, where it is about one.
act = _table(
    "act",
    Column("act_id", Integer, primary_key=True, nullable=False),
    _must("kind"),
    _must("subject"),
    _must("done_by"),
    _must("done_at", Whole),
    _must("reason"),
    _must("decided_hash"),
    _must("detail"),
    _may("billing_month"),
    _may("partner_id"),
)
# What partners dispute of a month's result, and each step of each; a dispute changes no result.
dispute = _table(
    "dispute",
    _key("dispute_id"),
    _must("partner_id"),
    _must("billing_month"),
    _must("about"),
    _must("entity"),
    _must("subject_id"),
    _must("revision", Integer),
    _must("due_on", Day),
    _one_of("about", *get_args(About)),
    _refers("partner_id", "partner"),
)
dispute_step = _table(
    "dispute_step",
    _key("dispute_id"),
    _key("step_no", Integer),
    _must("act"),
    _must("done_by"),
    _must("done_on", Day),
    _must("reason"),
    _may("verdict"),
    _one_of("act", *get_args(DisputeAct)),
    _one_of("verdict", *get_args(Verdict)),
    CheckConstraint("verdict is null or act = 'answered'", name="verdict_of_answer"),
    _refers("dispute_id", "dispute"),
)

# While a person's name is erased, in one transaction, the guards let words of people be replaced by the pseudonym.
erasure = _table("erasure", _key("erasure_id", Integer), _must("pseudonym"), _must("is_open", Integer))

# A question about one partner reads this partner's rows; a key that begins with a month would read the month's.
INDEXES = (
    Index("account_link_of_partner", account_link.c.partner_id),
    Index("grace_grant_of_partner", grace_grant.c.partner_id),
    Index("grace_grant_by_end", grace_grant.c.ends_on, grace_grant.c.partner_id),
    Index("benefit_request_of_partner", benefit_request.c.partner_id),
    Index("dispute_of_partner", dispute.c.partner_id),
    Index("assessment_of_partner", assessment.c.partner_id, assessment.c.billing_month),
    Index("assessment_account_of_partner", assessment_account.c.partner_id, assessment_account.c.billing_month),
    Index("assessment_window_of_partner", assessment_window.c.partner_id, assessment_window.c.counted_month),
    Index("assessment_grant_of_partner", assessment_grant.c.partner_id, assessment_grant.c.billing_month),
    Index("held_partner_of_partner", held_partner.c.partner_id),
    Index("letter_of_partner", letter.c.partner_id, letter.c.billing_month),
    Index("delivery_of_partner", delivery.c.partner_id, delivery.c.billing_month),
    Index("snapshot_faulty_line_of_account", snapshot_faulty_line.c.snapshot_id, snapshot_faulty_line.c.account_id),
    Index("snapshot_short_line_of_account", snapshot_short_line.c.snapshot_id, snapshot_short_line.c.account_id),
    Index("discount_rate_of_settlement", discount_rate.c.settlement_id),
    Index("act_of_month", act.c.billing_month, act.c.partner_id),
    Index("act_of_partner", act.c.partner_id),
    Index("act_of_kind", act.c.kind, act.c.billing_month),
    # What waits over all months, whatever has been finished; and lists that are read a page at a time.
    _unfinished("delivery_unfinished", delivery.c.billing_month, delivery.c.status, where="status <> 'accepted'"),
    _unfinished(
        "publication_unpublished", publication.c.entity, publication.c.account_id, where="published_on IS NULL"
    ),
    _unfinished(
        "event_unfinished",
        event.c.partner_id,
        event.c.event_no,
        where="status NOT IN ('sent', 'given_up', 'too_old')",
    ),
    Index("event_by_id", event.c.event_id, unique=True),
    Index("partner_by_name", partner.c.company_name, partner.c.partner_id),
    Index("partner_by_language", partner.c.language),
    Index("account_link_of_account", account_link.c.account_id),
    Index(
        "assessment_by_revenue",
        assessment.c.billing_month,
        assessment.c.revision,
        assessment.c.mrr_eur_cents,
        assessment.c.partner_id,
    ),
    # Tiers and moves of a month, counted from the index alone.
    Index("assessment_moves", assessment.c.settlement_id, assessment.c.previous_tier, assessment.c.tier),
)

APPEND_ONLY = (
    snapshot,
    snapshot_group,
    snapshot_piece,
    snapshot_sum,
    snapshot_faulty_line,
    snapshot_short_line,
    snapshot_doubtful_line,
    snapshot_file,
    snapshot_close,
    snapshot_reseller_account,
    settlement,
    settlement_snapshot,
    input_text,
    settlement_input,
    assessment,
    assessment_account,
    assessment_window,
    assessment_grant,
    assessment_at_rates_before,
    assessment_qualification,
    held_partner,
    bucket,
    unmatched_account,
    entity_total,
    move_count,
    letter_count,
    held_count,
    discount_rate,
    brake_stop,
    brake_release,
    letter_action,
    delivery_resend,
    letter_benefits,
    act,
    benefit_request,
    benefit_step,
    dispute,
    dispute_step,
)
