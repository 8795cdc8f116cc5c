"""What undoes later migrations in a database that a test makes one of an earlier version."""

# 0018: requests for benefits had one row each, and older agreements kept no benefit.
WITHOUT_STEPS_OF_BENEFITS = (
    "DROP TABLE benefit_publication",  # 0021
    "DROP TABLE benefit_step",
    "DROP TABLE benefit_request",
    "ALTER TABLE legacy_agreement DROP COLUMN benefits",
    "CREATE TABLE benefit_request (partner_id TEXT NOT NULL, benefit TEXT NOT NULL, valid_from {day} NOT NULL, "
    "status TEXT NOT NULL, decided_by TEXT NOT NULL, valid_to {day}, "
    "PRIMARY KEY (partner_id, benefit, valid_from), "
    "CONSTRAINT status_known CHECK (status in ('requested', 'approved', 'refused')), "
    "FOREIGN KEY(partner_id) REFERENCES partner (partner_id)){strict}",
)
# 0019: a manager had no region.
WITHOUT_COUNTRIES = ("ALTER TABLE account_manager DROP COLUMN countries",)
# 0026: a partner had no attributes.
WITHOUT_ATTRIBUTES = ("ALTER TABLE partner DROP COLUMN attributes",)
# 0028: lists were not read a page at a time.
INDEXES_OF_LISTS = (
    "delivery_unfinished",
    "publication_unpublished",
    "partner_by_name",
    "partner_by_language",
    "account_link_of_account",
    "assessment_by_revenue",
)
WITHOUT_INDEXES_OF_LISTS = (
    *(f"DROP INDEX {name}" for name in INDEXES_OF_LISTS),
    f"DELETE FROM sqlite_stat1 WHERE idx IN {(*INDEXES_OF_LISTS, 'sqlite_autoindex_partner_1')}",  # noqa: S608
)
# 0030: what a settlement counts was counted from its rows.
COUNTS = ("move_count", "letter_count", "held_count")
WITHOUT_COUNTS = tuple(f"DROP TABLE {table}" for table in COUNTS)
WITHOUT_INDEXES_OF_COUNTS = ("DROP INDEX act_of_kind", "DROP INDEX grace_grant_by_end")
WITHOUT_STATISTICS_OF_COUNTS = (f"DELETE FROM sqlite_stat1 WHERE tbl IN {COUNTS}",)  # noqa: S608 - our own words
# 0025: no erasure, so nothing of these tables could change.
ALWAYS_GUARDED = ("act", "letter_action", "brake_release")
WITHOUT_ERASURE_ON_SQLITE = (
    "DROP TABLE erasure",
    *(f"DROP TRIGGER {table}_refuses_update" for table in ALWAYS_GUARDED),
    *(
        f"CREATE TRIGGER {table}_refuses_update BEFORE UPDATE ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in ALWAYS_GUARDED
    ),
)
WITHOUT_ERASURE_ON_POSTGRES = (
    "DROP TABLE erasure",
    "DROP FUNCTION erasure_only_closes, erasure_refuses_delete",
    *(f"DROP FUNCTION {table}_refuses_update CASCADE" for table in ALWAYS_GUARDED),
    *(
        f"CREATE TRIGGER {table}_refuses_update BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        for table in ALWAYS_GUARDED
    ),
)
# 0027: no digests.
WITHOUT_DIGESTS = ("DROP TABLE digest",)
WITHOUT_GUARDS_OF_DIGESTS = (
    f"DROP FUNCTION {', '.join(f'digest_guard_{what}' for what in ('key', 'moves', 'resends', 'delete'))}",
)
# 0031: no events.
WITHOUT_EVENTS = ("DROP TABLE event",)
WITHOUT_GUARDS_OF_EVENTS = (
    f"DROP FUNCTION {', '.join(f'event_guard_{what}' for what in ('told', 'moves', 'delete'))}",
)
# 0034: no window of months, and no rules for changes of tier.
WITHOUT_WINDOWS = (
    "DROP TABLE assessment_window",
    *(f"ALTER TABLE assessment DROP COLUMN {name}" for name in ("qualifying_eur_cents", "merit_tier", "months_below")),
)
WITHOUT_GUARD_OF_ASSESSMENTS = ("DROP TRIGGER IF EXISTS assessment_guard_insert",)
# 0035: no product family had a discount of its own.
WITHOUT_GUARD_OF_RATES = ("DROP TRIGGER IF EXISTS discount_rate_guard_insert",)
WITHOUT_FAMILIES = (
    "ALTER TABLE legacy_agreement DROP COLUMN product",
    *(f"ALTER TABLE {table} DROP COLUMN families" for table in ("assessment", "discount_rate", "publication")),
)
# 0032: what a month would have counted at other rates was not asked.
WITHOUT_OTHER_RATES = ("DROP TABLE assessment_at_rates_before",)
# 0033: a tier needed nothing beside revenue.
WITHOUT_QUALIFICATIONS = ("DROP TABLE assessment_qualification", "DROP TABLE qualification")
# SQLite checks each trigger when a column is dropped: the tables that they name go last.
ON_SQLITE = (
    *WITHOUT_GUARD_OF_ASSESSMENTS,
    *WITHOUT_GUARD_OF_RATES,
    *WITHOUT_FAMILIES,
    *WITHOUT_WINDOWS,
    *WITHOUT_QUALIFICATIONS,
    *WITHOUT_OTHER_RATES,
    *WITHOUT_COUNTS,
    *WITHOUT_INDEXES_OF_COUNTS,
    *WITHOUT_STATISTICS_OF_COUNTS,
    *WITHOUT_INDEXES_OF_LISTS,
    *WITHOUT_EVENTS,
    *WITHOUT_DIGESTS,
    *(each.format(day="TEXT", strict=" STRICT") for each in WITHOUT_STEPS_OF_BENEFITS),
    *WITHOUT_ERASURE_ON_SQLITE,
    *WITHOUT_COUNTRIES,
    *WITHOUT_ATTRIBUTES,
)
ON_POSTGRES = (
    *WITHOUT_FAMILIES,
    *WITHOUT_WINDOWS,
    *WITHOUT_QUALIFICATIONS,
    *WITHOUT_OTHER_RATES,
    *WITHOUT_COUNTS,
    *WITHOUT_EVENTS,
    *WITHOUT_DIGESTS,
    *WITHOUT_GUARDS_OF_EVENTS,
    *WITHOUT_GUARDS_OF_DIGESTS,
    *(each.format(day="DATE", strict="") for each in WITHOUT_STEPS_OF_BENEFITS),
    *WITHOUT_ERASURE_ON_POSTGRES,
    *WITHOUT_COUNTRIES,
    *WITHOUT_ATTRIBUTES,
)
