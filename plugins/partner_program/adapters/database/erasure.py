"""Takes a person's name and address out of the records of acts and letters, in the caller's transaction (rule 13).

These tables refuse every change, but while an erasure is open they let the words of people be replaced, and nothing
else; the erasure is closed before the transaction ends. Hashes stay as they are.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256

from sqlalchemy import Column, ColumnElement, Connection, Table, func, insert, or_, select, update

from partner_program.adapters.database import schema
from partner_program.domain.delivery import Delivery
from partner_program.domain.erasure import Erased

# By whom something was done: the column is one name and nothing else.
_DOERS = (
    (schema.act, "done_by"),
    (schema.letter_action, "done_by"),
    (schema.brake_release, "released_by"),
    (schema.restatement, "decided_by"),
    (schema.period_close, "recorded_by"),
    (schema.grace_grant, "granted_by"),
    (schema.benefit_step, "done_by"),
    (schema.dispute_step, "done_by"),
)
# What people wrote, and what was decided: a name may stand anywhere in it.
_TEXTS = (
    (schema.act, "reason"),
    (schema.act, "detail"),
    (schema.letter_action, "reason"),
    (schema.letter_action, "detail"),
    (schema.brake_release, "reason"),
    (schema.restatement, "reason"),
    (schema.grace_grant, "reason"),
    (schema.benefit_step, "reason"),
    (schema.dispute_step, "reason"),
    (schema.delivery, "reply"),
)


def partners_named_with(connection: Connection, erased: Erased) -> list[str]:
    """Return the partners in whose rows of the registry's files a person is named, in order."""
    grant, request, step = schema.grace_grant, schema.benefit_request, schema.benefit_step
    queries = (
        select(grant.c.partner_id, grant.c.granted_by, grant.c.reason).where(grant.c.origin == "file"),
        select(request.c.partner_id, step.c.done_by, step.c.reason)
        .join(step, step.c.request_id == request.c.request_id)
        .where(step.c.origin == "file"),
    )
    rows = (row for query in queries for row in connection.execute(query))
    return sorted({partner_id for partner_id, name, why in rows if erased.names_of(name) or erased.out_of(why) != why})


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


def erase_doer(connection: Connection, erased: Erased) -> int:
    """Replace the names where they say who did something; return how many rows."""
    count = 0
    for table, name in _DOERS:
        column = table.c[name]
        found = connection.execute(select(*table.primary_key, column).where(column.is_not(None))).all()
        for *key, value in found:
            if erased.names_of(value):
                count += _change(connection, table, key, {name: erased.pseudonym})
    return count


def erase_texts(connection: Connection, erased: Erased, *, partners: Sequence[str] | None) -> dict[int, str]:
    """Replace the words in what people wrote; return the acts whose detail changed, with the sha256 of it now.

    Names are looked for in the rows about `partners` alone, addresses everywhere; None: names everywhere too.
    """
    changed: dict[int, str] = {}
    for table, name in _TEXTS:
        column = table.c[name]
        own = [*table.primary_key, *([table.c.partner_id] if "partner_id" in table.c else [])]
        for row in connection.execute(select(*own, column).where(_may_hold(column, erased))).all():
            theirs = partners is None or row._mapping.get("partner_id") in partners
            before = row._mapping[name]
            after = (erased if theirs else erased.without_names()).out_of(before)
            if after != before:
                _change(connection, table, row[: len(table.primary_key)], {name: after})
                if (table.name, name) == ("act", "detail"):
                    changed[row.act_id] = sha256(after.encode()).hexdigest()
    return changed


def _may_hold(column: Column[str], erased: Erased) -> ColumnElement[bool]:
    """Whether a text may hold the words: SQLite knows capitals of ASCII alone, so a piece in ASCII is looked for."""
    pieces = [re.findall(r"[A-Za-z0-9@. -]+", each) for each in (*erased.addresses, *erased.names)]
    longest = {max(found, key=len, default="") for found in pieces}
    return or_(*(column.icontains(each, autoescape=True) for each in sorted(longest)))


def _change(connection: Connection, table: Table, key: Sequence[object], values: dict[str, str]) -> int:
    here = [column == value for column, value in zip(table.primary_key, key, strict=True)]
    return connection.execute(update(table).where(*here).values(values)).rowcount
