"""The letter outbox: which letter every recipient is owed, and the state of each delivery.

Each change names the states that it may start from, so that a sender changes nothing if another was faster.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Row,
    Select,
    bindparam,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)

from partner_program.adapters.database import schema
from partner_program.adapters.database.append import append_rows
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import NEXT, NO_RECIPIENT, REPLACED, Delivery, DeliveryState, Key
from partner_program.domain.letter_ids import letter_hex
from partner_program.domain.registry import Contact

_ROWS_READ = 500  # at once, where rows are read as they are asked for


@dataclass(slots=True)
class OwedChanges:
    """The changes that bring the outbox up to date: rows to append, and statements that change or delete rows."""

    new: list[dict[str, object]] = field(default_factory=list)
    others: list[Executable] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Return whether there is anything to write."""
        return bool(self.new or self.others)

    def apply(self, connection: Connection) -> None:
        """Write the changes, in the caller's transaction."""
        append_rows(connection, schema.delivery, self.new)
        for change in self.others:
            connection.execute(change)


def changes_owed(
    month: BillingMonth,
    letters: Iterable[tuple[str, int]],
    contacts: Sequence[Contact],
    *,
    there: Iterable[Delivery],
) -> OwedChanges:
    """Return the changes that give each letter, by partner and revision, a row for every billing contact of today.

    `there` are the rows that the month has for these partners. A row that is not approved yet is deleted with its
    contact; an approved row stays even if the contact leaves. Unsent rows of an older revision are never sent: its
    figures were corrected.
    """
    billing: dict[str, dict[str, str]] = defaultdict(dict)
    for contact in contacts:
        if contact.role == "billing":
            billing[contact.partner_id][contact.email] = contact.name
    known: dict[str, list[Delivery]] = defaultdict(list)
    for row in there:
        known[row.partner_id].append(row)
    changes = OwedChanges()
    for partner_id, revision in letters:
        wanted = billing.get(partner_id) or {NO_RECIPIENT: ""}
        own = {row.recipient: row for row in known[partner_id] if row.revision == revision}
        key = {"billing_month": str(month), "partner_id": partner_id, "revision": revision}
        changes.new += [_new(key, recipient, wanted[recipient]) for recipient in sorted(wanted.keys() - own.keys())]
        changes.others += [change for row in own.values() for change in _follow(row, wanted)]
        changes.others += [_replaced(row, revision) for row in known[partner_id] if _is_replaced(row, revision)]
    return changes


def _new(key: Mapping[str, object], recipient: str, name: str) -> dict[str, object]:
    status, reply = ("planned", None) if recipient else ("undeliverable", "the partner has no billing contact")
    own = {"recipient": recipient, "recipient_name": name, "status": status, "reply": reply}
    return {**key, **own, "resend_number": 0, "attempts": 0}


def _follow(row: Delivery, wanted: Mapping[str, str]) -> list[Executable]:
    """Return the changes that bring one row up to date with its contact.

    A row that is not approved follows its contact: it gets the new name, or is deleted when the person leaves; where it
    may have arrived before, it stays on record. A letter that came back from an address that is no longer a contact's
    is finished: today's contacts have their own rows.
    """
    if row.approval_id is not None:
        came_back = row.status in ("refused", "undeliverable") and not row.is_replaced
        if not came_back or row.recipient in wanted or NO_RECIPIENT in wanted:
            return []
        values = {"status": "undeliverable", "reply": f"{row.reply}; another address {REPLACED}"}
        return [update(schema.delivery).where(*_is(row)).values(values)]
    if row.recipient not in wanted:
        return _left(row, has_contacts=NO_RECIPIENT not in wanted)
    if row.recipient_name != wanted[row.recipient]:
        return [update(schema.delivery).where(*_is(row)).values(recipient_name=wanted[row.recipient])]
    return []


def _left(row: Delivery, *, has_contacts: bool) -> list[Executable]:
    """Return the changes of a row without an approval whose contact left."""
    if row.was_never_sent:
        return [delete(schema.delivery).where(*_is(row))]
    if row.status != "rendered":  # a person decides about what may have arrived
        return []
    reply = (
        f"no billing contact any more; another address {REPLACED}" if has_contacts else "no billing contact any more"
    )
    values = {"status": "undeliverable", "reply": reply}
    return [update(schema.delivery).where(*_is(row)).values(values)]


def withdraw(connection: Connection, month: BillingMonth, partners: Collection[str], revision: int) -> None:
    """Withdraw unsent letters of these partners: a revision without a letter of its own corrected their figures."""
    for row in deliveries(connection, month):
        if row.partner_id in partners and _is_replaced(row, revision):
            connection.execute(_replaced(row, revision))


def _is_replaced(row: Delivery, revision: int) -> bool:
    unsent = ("planned", "rendered", "approved", "deferred", "undeliverable", "refused")
    return row.revision < revision and row.status in unsent and not row.is_replaced


def _replaced(row: Delivery, revision: int) -> Executable:
    by = f"revision {revision} of the month {REPLACED}"
    values = {"status": "undeliverable", "reply": by}
    if row.status in ("undeliverable", "refused"):  # keep the reason why it did not arrive
        values = {"reply": f"{row.reply}; {by}"}
    return update(schema.delivery).where(*_is(row), schema.delivery.c.status == row.status).values(values)


def mark_rendered(connection: Connection, month: BillingMonth, letters: Sequence[tuple[str, int]]) -> None:
    """Mark the rows of these letters, by partner and revision, as rendered: they now wait for an approval."""
    table = schema.delivery
    marked = (
        update(table)
        .where(
            table.c.billing_month == str(month),
            table.c.revision == bindparam("own_revision"),
            table.c.partner_id == bindparam("own_partner"),
            table.c.status == "planned",
        )
        .values(status="rendered")
    )
    rows = [{"own_partner": partner_id, "own_revision": revision} for partner_id, revision in letters]
    if rows:
        connection.execute(marked, rows)


def ask_again(
    connection: Connection,
    month: BillingMonth,
    reason: str,
    *,
    approved_before: int | None = None,
    approved_by_nobody: bool = False,
    rejected_since: bool = False,
) -> int:
    """Take back the approval of a month's unsent rows; return how many rows.

    With `approved_before` only rows approved before that second (since 1970), with `approved_by_nobody` only rows that
    were approved automatically, with `rejected_since` only those of a batch that somebody rejected after its approval.
    """
    table = schema.delivery
    here = [table.c.billing_month == str(month), table.c.status.in_(("approved", "deferred"))]
    if approved_before is not None:
        here.append(table.c.dated < approved_before)
    if approved_by_nobody:
        action = schema.letter_action
        here.append(table.c.approval_id.in_(select(action.c.action_id).where(action.c.action == "approve_auto")))
    if rejected_since:
        approval, rejection = schema.letter_action.alias(), schema.letter_action.alias()
        later = (rejection.c.batch_hash == approval.c.batch_hash) & (rejection.c.action_id > approval.c.action_id)
        of_month = (rejection.c.action == "reject") & (rejection.c.billing_month == str(month))
        here.append(table.c.approval_id.in_(select(approval.c.action_id).join(rejection, later).where(of_month)))
    values = {"status": "rendered", "approval_id": None, "not_before": None, "reply": reason}
    return connection.execute(update(table).where(*here).values(values)).rowcount


def deliveries(
    connection: Connection,
    month: BillingMonth,
    *,
    partners: Sequence[str] | None = None,
    states: Sequence[str] | None = None,
) -> list[Delivery]:
    """Return a month's rows, ordered by partner, revision and recipient."""
    query = _query().where(*_of_month(month, states))
    if partners is not None:
        query = query.where(schema.delivery.c.partner_id.in_(partners))
    return [_delivery(row) for row in connection.execute(query)]


def each_delivery(
    connection: Connection, month: BillingMonth, *, states: Sequence[str] | None = None
) -> Iterator[Delivery]:
    """Yield a month's rows in the same order, and read them from the database as they are asked for."""
    query = _query().where(*_of_month(month, states)).execution_options(yield_per=_ROWS_READ)
    for row in connection.execute(query):
        yield _delivery(row)


def _of_month(month: BillingMonth, states: Sequence[str] | None) -> list[ColumnElement[bool]]:
    table = schema.delivery
    here = [table.c.billing_month == str(month)]
    return here if states is None else [*here, table.c.status.in_(states)]


def deliveries_like(connection: Connection, recipients: Sequence[str]) -> list[Delivery]:
    """Return the rows of all months whose recipient is like one of these patterns of SQL, in any capitals."""
    table = schema.delivery
    query = _query().where(or_(*(func.lower(table.c.recipient).like(each.lower()) for each in recipients)))
    return [_delivery(row) for row in connection.execute(query)]


def message_digits(connection: Connection, partners: Sequence[str]) -> set[str]:
    """Return the hexadecimal digits of the Message-IDs that letters to these partners have now."""
    table = schema.delivery
    query = select(table.c.message_id).where(table.c.partner_id.in_(partners), table.c.message_id.is_not(None))
    return {letter_hex(each) for each in connection.execute(query).scalars()}


def written_to(connection: Connection, partners: Sequence[str]) -> set[str]:
    """Return every address to which a letter to these partners is owed, was sent, or was to be sent again."""
    found = set()
    for table in (schema.delivery, schema.delivery_resend):
        found |= set(connection.execute(select(table.c.recipient).where(table.c.partner_id.in_(partners))).scalars())
    return found - {NO_RECIPIENT}


def sendable(
    connection: Connection, month: BillingMonth, *, after: Key | None, partners: Sequence[str] | None, count: int
) -> list[Delivery]:
    """Return the next approved or deferred rows of a month after a key, in order, at most `count`."""
    table = schema.delivery
    query = _query().where(table.c.billing_month == str(month), table.c.status.in_(("approved", "deferred")))
    if partners is not None:
        query = query.where(table.c.partner_id.in_(partners))
    if after is not None:
        _, revision, partner_id, recipient = after
        place = tuple_(table.c.partner_id, table.c.revision, table.c.recipient)
        query = query.where(place > tuple_(partner_id, revision, recipient))
    return [_delivery(row) for row in connection.execute(query.limit(count))]


def find_by_letter(connection: Connection, letters: Collection[str]) -> dict[str, Delivery]:
    """Return the rows whose Message-ID has these hexadecimal digits before its @, by these digits."""
    wanted = set(letters)
    query = _query().where(schema.delivery.c.message_id.is_not(None))
    found = {letter_hex(str(row.message_id)): row for row in connection.execute(query)} if wanted else {}
    return {letter: _delivery(found[letter]) for letter in sorted(wanted & found.keys())}


def count_owed(connection: Connection, month: BillingMonth, *, states: Sequence[str] | None = None) -> int:
    """Count the rows of a month, whatever their state, or those in some states."""
    query = select(func.count()).select_from(schema.delivery).where(*_of_month(month, states))
    return int(connection.execute(query).scalar_one())


def make_ambiguous(connection: Connection, states: Sequence[DeliveryState], reason: str) -> int:
    """Make every row in these states ambiguous, in all months; return how many."""
    table = schema.delivery
    values = {"status": "ambiguous", "claimed_by": None, "claimed_until": None, "reply": reason}
    return connection.execute(update(table).where(table.c.status.in_(states)).values(values)).rowcount


def count_states(connection: Connection, month: BillingMonth) -> dict[str, int]:
    """Count the rows of a month in each state."""
    table = schema.delivery
    query = select(table.c.status, func.count()).where(table.c.billing_month == str(month)).group_by(table.c.status)
    return {row[0]: row[1] for row in connection.execute(query)}


def count_by_month(connection: Connection, state: DeliveryState) -> dict[str, int]:
    """Count the rows in one state by month, in order; months without such a row are left out."""
    month = schema.delivery.c.billing_month
    query = select(month, func.count()).where(schema.delivery.c.status == state).group_by(month).order_by(month)
    return {row[0]: row[1] for row in connection.execute(query)}


def owed_to_nobody(connection: Connection) -> dict[str, list[str]]:
    """Return, by month, the partners whose letter has nobody to go to and was not replaced by another one."""
    table = schema.delivery
    query = (
        select(table.c.billing_month, table.c.partner_id)
        .where(table.c.recipient == NO_RECIPIENT, table.c.status == "undeliverable")
        .where(table.c.reply.not_like(f"%{REPLACED}"))
        .order_by(table.c.billing_month, table.c.partner_id)
    )
    found: dict[str, list[str]] = defaultdict(list)
    for month, partner_id in connection.execute(query):
        found[month].append(partner_id)
    return found


def letters_without_deliveries(connection: Connection, month: BillingMonth) -> list[str]:
    """Return the partners whose letter of this month has no delivery at all: if there are any, something is broken."""
    letter, table = schema.letter, schema.delivery
    same = (
        (table.c.billing_month == letter.c.billing_month)
        & (table.c.revision == letter.c.revision)
        & (table.c.partner_id == letter.c.partner_id)
    )
    query = (
        select(letter.c.partner_id)
        .outerjoin(table, same)
        .where(letter.c.billing_month == str(month), table.c.partner_id.is_(None))
    )
    return sorted(connection.execute(query).scalars())


def move(connection: Connection, row: Delivery, to: DeliveryState, **values: object) -> bool:
    """Move a row to another state; return False if somebody else moved it since it was read."""
    if to not in NEXT[row.status]:
        raise ValueError(f"a delivery never goes from {row.status} to {to}")
    table = schema.delivery
    here = [*_is(row), table.c.status == row.status]
    here.append(table.c.claimed_by.is_(None) if row.claimed_by is None else table.c.claimed_by == row.claimed_by)
    return connection.execute(update(table).where(*here).values(status=to, **values)).rowcount == 1


def _query() -> Select[Any]:
    table, letter = schema.delivery, schema.letter
    same = (
        (table.c.billing_month == letter.c.billing_month)
        & (table.c.revision == letter.c.revision)
        & (table.c.partner_id == letter.c.partner_id)
    )
    return (
        select(table, letter.c.kind, letter.c.content_hash.label("letter_hash"))
        .join(letter, same)
        .order_by(table.c.billing_month, table.c.partner_id, table.c.revision, table.c.recipient)
    )


def _delivery(row: Row[tuple[object, ...]]) -> Delivery:
    return Delivery(**row._mapping)


def _is(row: Delivery) -> list[ColumnElement[bool]]:
    table = schema.delivery
    return [table.c[name] == value for name, value in zip(table.primary_key.columns.keys(), row.key, strict=True)]
