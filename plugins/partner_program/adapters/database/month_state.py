"""Says by a hash in what state the database is for deciding a month.

Every table is read whole, unless it is named here: a table that is new is looked at before anybody thinks of it.
"""

from sqlalchemy import Connection, func, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.row_hashes import hash_of_rows, rows_of

# Written once with a settlement or a snapshot, whose own row has the hash of what was decided or read.
WITH_A_HEAD = (
    schema.snapshot_group,
    schema.snapshot_piece,
    schema.snapshot_sum,
    schema.snapshot_faulty_line,
    schema.snapshot_short_line,
    schema.snapshot_doubtful_line,
    schema.snapshot_file,
    schema.snapshot_close,
    schema.snapshot_reseller_account,
    schema.settlement_snapshot,
    schema.settlement_input,
    schema.input_text,
    schema.assessment,
    schema.assessment_account,
    schema.assessment_window,
    schema.assessment_grant,
    schema.assessment_at_rates_before,
    schema.assessment_qualification,
    schema.held_partner,
    schema.bucket,
    schema.unmatched_account,
    schema.entity_total,
    schema.move_count,
    schema.letter_count,
    schema.held_count,
)
# Never changed, and added with a settlement or a grant.
COUNTED = (schema.discount_rate,)
# What follows from a month, what is made on the way to it, and who is at it: none of it decides anything.
NOT_DECIDING = (
    schema.draft_stage,
    schema.draft_batch,
    schema.month_lease,
    schema.step_token,
    schema.publication,
    schema.benefit_publication,
    schema.letter,
    schema.letter_benefits,
    schema.letter_recipe,
    schema.delivery,
    schema.delivery_resend,
    schema.letter_action,
    schema.sending,
)


def what_months_read(connection: Connection) -> str:
    """Return the sha256 of the rows on which the decision of any month depends."""
    numbers = [select(func.count()).select_from(table) for table in COUNTED]
    apart = {*WITH_A_HEAD, *COUNTED, *NOT_DECIDING}
    whole = [rows_of(table) for table in schema.metadata.sorted_tables if table not in apart]
    return hash_of_rows(connection, (*numbers, *whole))
