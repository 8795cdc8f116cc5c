"""Keeps the benefits that each letter states, from the moment it is owed: equal ones are kept once.

A letter states them as they were on its effective day, whatever is asked for, approved or filled in later.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.append import append_rows
from partner_program.adapters.database.drafts import as_json, from_json
from partner_program.adapters.database.settlement_inputs import keep_texts
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.letters import BenefitFact

_FACTS = tuple[BenefitFact, ...]


def keep_benefits(
    connection: Connection, month: BillingMonth, revision: int, stated: Mapping[str, tuple[BenefitFact, ...]]
) -> None:
    """Keep what each letter of a revision states, by partner, in the caller's transaction."""
    bodies = {facts: as_json(_FACTS, facts) for facts in stated.values()}
    hashes = keep_texts(connection, bodies.values())
    own = {"billing_month": str(month), "revision": revision}
    rows = (
        {**own, "partner_id": partner_id, "content_hash": hashes[bodies[facts]]} for partner_id, facts in stated.items()
    )
    append_rows(connection, schema.letter_benefits, rows)


def kept_benefits(
    connection: Connection, month: BillingMonth, partners: Sequence[str]
) -> dict[tuple[str, int], tuple[BenefitFact, ...]]:
    """Return what these partners' letters of a month state, by partner and revision; none of an earlier version."""
    own, kept = schema.letter_benefits, schema.input_text
    query = (
        select(own.c.partner_id, own.c.revision, own.c.content_hash, kept.c.body)
        .join(kept, kept.c.content_hash == own.c.content_hash)
        .where(own.c.billing_month == str(month), own.c.partner_id.in_(partners))
    )
    read: dict[str, tuple[BenefitFact, ...]] = {}
    found = {}
    for partner_id, revision, digest, body in connection.execute(query):
        if digest not in read:
            read[digest] = from_json(_FACTS, body)
        found[partner_id, revision] = read[digest]
    return found
