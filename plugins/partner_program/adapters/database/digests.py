"""The outbox of digests: what each partner manager was, or is to be, told in each week, and the state of each sending.

Each change names the state that it may start from, so that a sender changes nothing if another was faster.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from partner_program.adapters.database import schema
from partner_program.domain.digests import MAY_HAVE_LEFT, NEXT_OF_DIGEST, Digest, DigestState

_COLUMNS = [schema.digest.c[each.name] for each in fields(Digest)]


@dataclass(frozen=True, slots=True)
class DigestMail:
    """What a digest says, as it was written; it is kept until the next week's digests are."""

    subject: str
    text: str
    html: str


def digests(
    connection: Connection, *, week: date | None = None, states: Sequence[DigestState] | None = None
) -> list[Digest]:
    """Return the digests of all weeks, or of one, by week and manager."""
    table = schema.digest
    query = select(*_COLUMNS).order_by(table.c.week_of, table.c.account_manager_id)
    if week is not None:
        query = query.where(table.c.week_of == week)
    if states is not None:
        query = query.where(table.c.status.in_(states))
    return [Digest(**row._mapping) for row in connection.execute(query)]


def newest_week(connection: Connection) -> date | None:
    """Return the newest week that has a digest, None where none has."""
    return connection.execute(
        select(schema.digest.c.week_of).order_by(schema.digest.c.week_of.desc()).limit(1)
    ).scalar()


def load_mail(connection: Connection, digest: Digest) -> DigestMail:
    """Return what a digest of the newest week says."""
    table = schema.digest
    row = connection.execute(select(table.c.subject, table.c.text, table.c.html).where(*_is(digest))).one()
    return DigestMail(row.subject, row.text, row.html)


def add(connection: Connection, digest: Digest, mail: DigestMail | None) -> None:
    """Add a digest with what it says, None where it is empty."""
    connection.execute(insert(schema.digest).values(**asdict(digest), **_content(mail)))


def fill(connection: Connection, empty: Digest, digest: Digest, mail: DigestMail) -> None:
    """Put a digest in the place of one of the same week and manager that had nothing to tell."""
    here = [*_is(empty), schema.digest.c.status == "empty"]
    connection.execute(update(schema.digest).where(*here).values(**asdict(digest), **_content(mail)))


def close_earlier(connection: Connection, week: date) -> None:
    """Close the digests of weeks before that were not handed over, and forget what those said that no sender has."""
    table = schema.digest
    before = table.c.week_of < week
    unsent, reason = table.c.status.in_(("approved", "deferred")), f"not sent in its week: that of {week} tells it"
    connection.execute(update(table).where(before, unsent).values(status="undeliverable", reply=reason))
    held = table.c.status.in_(("claimed", "dot_pending"))
    connection.execute(
        update(table).where(before, ~held, table.c.text.is_not(None)).values(subject=None, text=None, html=None)
    )


def make_ambiguous(connection: Connection, reason: str) -> int:
    """Make each digest ambiguous that may have been sent since, in all weeks; return how many."""
    table = schema.digest
    values = {"status": "ambiguous", "claimed_by": None, "claimed_until": None, "reply": reason}
    return connection.execute(update(table).where(table.c.status.in_(MAY_HAVE_LEFT)).values(values)).rowcount


def count_states(connection: Connection, week: date) -> dict[str, int]:
    """Count the digests of a week in each state."""
    table = schema.digest
    query = select(table.c.status, func.count()).where(table.c.week_of == week).group_by(table.c.status)
    return {row[0]: row[1] for row in connection.execute(query)}


def move(connection: Connection, row: Digest, to: DigestState, **values: object) -> bool:
    """Move a digest to another state; return False if somebody else moved it since it was read."""
    if to not in NEXT_OF_DIGEST[row.status]:
        raise ValueError(f"a digest never goes from {row.status} to {to}")
    table = schema.digest
    here = [*_is(row), table.c.status == row.status]
    here.append(table.c.claimed_by.is_(None) if row.claimed_by is None else table.c.claimed_by == row.claimed_by)
    return connection.execute(update(table).where(*here).values(status=to, **values)).rowcount == 1


def _content(mail: DigestMail | None) -> dict[str, str | None]:
    return {"subject": None, "text": None, "html": None} if mail is None else asdict(mail)


def _is(digest: Digest) -> list[ColumnElement[Any]]:
    table = schema.digest
    return [table.c.week_of == digest.week_of, table.c.account_manager_id == digest.account_manager_id]
