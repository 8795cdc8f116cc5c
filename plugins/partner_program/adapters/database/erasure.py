"""Takes a person's name and address out of the records of acts and letters, in the caller's transaction (rule 13).

These tables refuse every change, but while an erasure is open they let the words of people be replaced, and nothing
else; the erasure is closed before the transaction ends. Hashes stay as they are.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, delete, func, insert, null, or_, select, update

from partner_program.adapters.database import schema
from partner_program.domain.delivery import Delivery
from partner_program.domain.erasure import Erased


@dataclass(frozen=True, slots=True)
class WordsOfPeople:
    """Where a table names people: by whom something was done, and the texts in which a name may stand anywhere."""

    table: Table
    doer: str | None
    texts: tuple[str, ...] = ()


WORDS = (
    WordsOfPeople(schema.act, "done_by", ("reason", "detail")),
    WordsOfPeople(schema.letter_action, "done_by", ("reason", "detail")),
    WordsOfPeople(schema.brake_release, "released_by", ("reason",)),
    WordsOfPeople(schema.restatement, "decided_by", ("reason",)),
    WordsOfPeople(schema.period_close, "recorded_by"),
    WordsOfPeople(schema.grace_grant, "granted_by", ("reason",)),
    WordsOfPeople(schema.benefit_step, "done_by", ("reason", "activity", "market")),
    WordsOfPeople(schema.dispute_step, "done_by", ("reason",)),
    WordsOfPeople(schema.delivery, None, ("reply",)),
    WordsOfPeople(schema.digest, None, ("text", "html", "reply")),
)
# A step is about the partner of its request or dispute.
_HEADS: Mapping[Table, Table] = {
    schema.benefit_step: schema.benefit_request,
    schema.dispute_step: schema.dispute,
}


def partners_named_with(connection: Connection, erased: Erased, partners: Sequence[str] | None) -> list[str]:
    """Return the partners in whose rows of the registry's files a person is named, in order.

    Names are looked for in the rows about `partners` alone, addresses everywhere; None: names everywhere too.
    """
    grant, request, step = schema.grace_grant, schema.benefit_request, schema.benefit_step
    queries = (
        select(grant.c.partner_id, grant.c.granted_by, grant.c.reason).where(grant.c.origin == "file"),
        select(request.c.partner_id, step.c.done_by, step.c.reason)
        .join(step, step.c.request_id == request.c.request_id)
        .where(step.c.origin == "file"),
    )
    rows = (row for query in queries for row in connection.execute(query))
    return sorted(
        {
            partner_id
            for partner_id, name, why in rows
            for own in (erased.about(partner_id, partners),)
            if own.out_of_doer(name) != name or own.out_of(why) != why
        }
    )


@contextmanager
def open_erasure(connection: Connection, pseudonym: str) -> Iterator[None]:
    """Let the words of people be replaced in this transaction until the end of the block."""
    table = schema.erasure
    number = connection.execute(select(func.coalesce(func.max(table.c.erasure_id), 0) + 1)).scalar_one()
    connection.execute(insert(table).values(erasure_id=number, pseudonym=pseudonym, is_open=1))
    yield
    connection.execute(update(table).where(table.c.erasure_id == number).values(is_open=0))


def erase_recipient(connection: Connection, rows: Sequence[Delivery], erased: Erased) -> None:
    """Replace the recipient of these rows of the outbox, and of the resends of them."""
    for row in rows:
        new = _free_recipient(connection, row, erased.pseudonym)
        for table in (schema.delivery_resend, schema.delivery):
            names = ("billing_month", "revision", "partner_id", "recipient")
            here = [table.c[name] == value for name, value in zip(names, row.key, strict=True)]
            values = {"recipient": new}
            if table is schema.delivery:
                values["recipient_name"] = erased.pseudonym
            connection.execute(update(table).where(*here).values(values))


def _free_recipient(connection: Connection, row: Delivery, pseudonym: str) -> str:
    """Return the pseudonym, with a number where the letter has it already: the same person was written to twice."""
    month, revision, partner_id, _ = row.key
    table = schema.delivery
    query = select(table.c.recipient).where(
        table.c.billing_month == month, table.c.revision == revision, table.c.partner_id == partner_id
    )
    taken = set(connection.execute(query).scalars())
    numbered = (f"{pseudonym}-{number}" for number in range(2, len(taken) + 3))
    return next(each for each in (pseudonym, *numbered) if each not in taken)


def erase_words(connection: Connection, erased: Erased, partners: Sequence[str] | None) -> tuple[int, dict[int, str]]:
    """Replace the words where they say who did something and in what people wrote; return how many rows changed.

    Also the acts whose detail changed, with the sha256 of it now. Names are looked for in the rows about `partners`
    alone, addresses everywhere; None: names everywhere too.
    """
    count, rehashed = 0, dict[int, str]()
    for words in WORDS:
        for key, new in list(_changes(connection, words, erased, partners)):
            here = [column == value for column, value in zip(words.table.primary_key, key, strict=True)]
            connection.execute(update(words.table).where(*here).values(new))
            count += 1
            if words.table is schema.act and "detail" in new:
                rehashed[key[0]] = sha256(new["detail"].encode()).hexdigest()
    return count, rehashed


def _changes(
    connection: Connection, words: WordsOfPeople, erased: Erased, partners: Sequence[str] | None
) -> Iterator[tuple[Sequence[Any], dict[str, str]]]:
    """Yield the key of each row that names the person, with the new values of its columns."""
    table, head = words.table, _HEADS.get(words.table)
    names = [*([words.doer] if words.doer else []), *words.texts]
    about = (table if head is None else head).c.get("partner_id", null())
    query = (
        select(*table.primary_key, about.label("about"), *(table.c[name].label(f"in_{name}") for name in names))
        .select_from(table if head is None else table.join(head))
        .where(or_(*(_may_hold(table.c[name], erased) for name in names)))
    )
    for row in connection.execute(query):
        own = erased.about(row.about, partners)
        new = {}
        for name in names:
            before = row._mapping[f"in_{name}"]
            after = before and (own.out_of_doer(before) if name == words.doer else own.out_of(before))
            if after != before:
                new[name] = after
        if new:
            yield row[: len(table.primary_key)], new


def forget_drafts(connection: Connection, erased: Erased) -> None:
    """Remove the drafts of months that may name the person, as who granted: a run of a month makes its drafts anew."""
    batch = schema.draft_batch
    found = connection.execute(select(batch).where(_may_hold(batch.c.body, erased))).all()
    for month, stage in {(row.billing_month, row.stage) for row in found if erased.may_stand_in(row.body)}:
        for table in (batch, schema.draft_stage):
            connection.execute(delete(table).where(table.c.billing_month == month, table.c.stage == stage))


def _may_hold(column: Column[str], erased: Erased) -> ColumnElement[bool]:
    """Whether a text may hold the words: SQLite knows capitals of ASCII alone, so pieces in ASCII are looked for."""
    return or_(*(column.icontains(each, autoescape=True) for each in erased.pieces))
