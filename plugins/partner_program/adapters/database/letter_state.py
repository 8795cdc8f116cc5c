"""Says by hashes in what state the database is for a month's letters: what they are made of, and how they stand.

Rows that are only ever added, with a settlement (assessments, their accounts and grants), are covered by the
settlements, and rates by their number.
"""

from sqlalchemy import Connection, func, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.row_hashes import hash_of_rows, rows_of
from partner_program.domain.billing_month import BillingMonth

READ_WHOLE = (
    schema.settlement,
    schema.entity,
    schema.account_manager,
    schema.partner,
    schema.contact,
    schema.legacy_agreement,
    schema.grace_grant,
    schema.qualification,
)
ONLY_ADDED = (
    schema.assessment,
    schema.assessment_account,
    schema.assessment_window,
    schema.assessment_grant,
    schema.assessment_at_rates_before,
    schema.assessment_qualification,
    schema.discount_rate,
)
OF_THE_MONTH = (schema.letter, schema.letter_benefits, schema.delivery, schema.letter_recipe)


def what_letters_read(connection: Connection) -> str:
    """Return the sha256 of the rows that any month's letters are made of and sent by: settlements, rates, registry."""
    rates = select(func.count()).select_from(schema.discount_rate)
    return hash_of_rows(connection, (rates, *map(rows_of, READ_WHOLE)))


def how_letters_stand(connection: Connection, month: BillingMonth) -> str:
    """Return the sha256 of a month's letters, with what they were made of, and of the row of each recipient."""
    return hash_of_rows(connection, (rows_of(table, table.c.billing_month == str(month)) for table in OF_THE_MONTH))


def newest_letters(connection: Connection, month: BillingMonth) -> dict[str, str | None]:
    """Return the hash of each partner's newest letter of a month; None for one that was never rendered."""
    letter = schema.letter
    query = select(letter.c.partner_id, letter.c.content_hash).where(letter.c.billing_month == str(month))
    return {row.partner_id: row.content_hash for row in connection.execute(query.order_by(letter.c.revision))}
