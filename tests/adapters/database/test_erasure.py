"""Every text that the database keeps names nobody, or is erased: who adds a column says which, before a person asks."""

from importlib import import_module

from sqlalchemy import Text

from partner_program.adapters.database import schema
from partner_program.adapters.database.erasure import WORDS

# Ids, codes, states, hashes and versions, and numbers and days that are kept as text, in whatever table.
NAMELESS = """
about account_id account_manager_id act action attributes batch_hash benefit benefits billing_month bucket
changed_at charge_kind check_name claimed_by column_name content_hash counted_month countries country currency
decided_hash
decision_hash dispute_id document_status doubt entities entity event_id families grant_id holder
inputs_hash installation_id kind
key language lifted_by line_id made_of message_id not_read origin outcome part partner_id product
program_file program_hash
pseudonym rates_of request_id role service_end service_start severity sla stage status step subject_id template_version
time_zone units_per_eur vat_id verdict way website
"""
# What the rules or an entity's billing system say: of the company, of a month, of a line.
NO_WORDS_OF_PEOPLE = """
act.subject brake_stop.reasons digest.subject draft_stage.header entity.legal_name entity.source event.amounts
event.data event.reply event.subject exchange_rate.source
finding.examples finding.message held_count.reason held_partner.reason input_text.body legacy_agreement.source
partner.address partner.company_name partner.phone qualification.source restatement.differences
sending.database sending.host sending.out
snapshot.fault snapshot_file.path snapshot_faulty_line.expected snapshot_faulty_line.found unmatched_account.reason
"""
# Erased with the row of the registry, with the recipient of a letter, or removed.
WITH_THE_PERSON = """
account_manager.email account_manager.name account_manager.phone contact.email contact.name delivery.recipient
delivery.recipient_name delivery_resend.recipient draft_batch.body
"""


def names(table: str, *columns: str | None) -> set[str]:
    return {f"{table}.{column}" for column in columns if column is not None}


ERASED = {name for each in WORDS for name in names(each.table.name, each.doer, *each.texts)}


def test_every_text_is_known_to_name_nobody_or_is_erased() -> None:
    texts = {
        f"{table.name}.{column.name}"
        for table in schema.metadata.tables.values()
        for column in table.c
        if isinstance(column.type, Text) and column.name not in NAMELESS.split()
    }
    assert texts == {*NO_WORDS_OF_PEOPLE.split(), *WITH_THE_PERSON.split()} | ERASED


def test_what_is_erased_may_change_while_an_erasure_is_open() -> None:
    first, later = (
        import_module(f"partner_program.migrations.versions.{name}").WORDS
        for name in ("0025_erasure", "0029_erasable_words_of_a_benefit")
    )
    guarded = {each.name for each in schema.APPEND_ONLY}
    may_change = {
        name for table, columns in (first | {"benefit_step": later}).items() for name in names(table, *columns)
    }
    assert {each for each in ERASED if each.partition(".")[0] in guarded} == may_change - {"delivery_resend.recipient"}
