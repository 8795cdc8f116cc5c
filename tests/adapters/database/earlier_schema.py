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
WITHOUT_STEPS_OF_BENEFITS += ("ALTER TABLE account_manager DROP COLUMN countries",)
ON_SQLITE = tuple(each.format(day="TEXT", strict=" STRICT") for each in WITHOUT_STEPS_OF_BENEFITS)
ON_POSTGRES = tuple(each.format(day="DATE", strict="") for each in WITHOUT_STEPS_OF_BENEFITS)
