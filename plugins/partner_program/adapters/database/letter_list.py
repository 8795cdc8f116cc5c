"""Reads a month's letters as a list: filtered, a page at a time in the order of the key, and counted.

A month may owe a hundred thousand. Most of them are in one state, which is counted as the rest and not read; what
chooses few is asked for in the words of the index of unfinished rows.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, and_, case, func, or_, select, tuple_

from partner_program.adapters.database import schema
from partner_program.adapters.database.deliveries import count_owed
from partner_program.adapters.database.pieces import has_piece
from partner_program.adapters.database.settlement_counts import letter_kinds
from partner_program.adapters.database.waiting import ACCEPTED
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import NO_RECIPIENT, REPLACED, Delivery, DeliveryState
from partner_program.domain.letter_list import KindCount, ListedLetter, MonthOfLetters, Need, Place, WantedLetters
from partner_program.domain.letters import LetterKind


def list_letters(
    connection: Connection,
    month: BillingMonth,
    wanted: WantedLetters,
    *,
    after: Place | None,
    count: int,
    of: int | None = None,
) -> list[ListedLetter]:
    """Return at most `count` rows of a month after the place `after`, in the order of the key.

    `of` is how many are wanted, where that is known: few are chosen first and sorted, many are soon found along the
    key.
    """
    table, letter, partner = schema.delivery, schema.letter, schema.partner
    are_few = of is not None and of <= FEW
    conditions = _conditions(connection, month, wanted, are_few=are_few)
    # A kind is looked for among the letters, which are in the same order.
    own = (letter if wanted.kind else table).c
    if wanted.kind:
        conditions.append(letter.c.billing_month == str(month))
    if after is not None:
        place = tuple_(own.revision, own.partner_id, table.c.recipient)
        conditions.append(place > tuple_(after.revision, after.partner_id, _recipient_at(connection, month, after)))
    rows: Any = table
    if are_few and not wanted.kind:  # only those that are shown are looked for beside the outbox
        key = (table.c.revision, table.c.partner_id, table.c.recipient)
        rows = select(table).where(*conditions).order_by(*key).limit(count).subquery()
        conditions, own = [], rows.c
    beside = rows.join(letter, _same(rows)).outerjoin(partner, partner.c.partner_id == rows.c.partner_id)
    columns = (*rows.c, letter.c.kind, letter.c.content_hash.label("letter_hash"), partner.c.company_name)
    query = select(*columns, partner.c.language).select_from(beside).where(*conditions)
    query = query.order_by(own.revision, own.partner_id, rows.c.recipient).limit(count)
    return [_listed(dict(row._mapping)) for row in connection.execute(query)]


def count_letters(connection: Connection, month: BillingMonth, wanted: WantedLetters) -> int:
    """Return how many rows of a month are wanted."""
    partner = schema.partner
    source: FromClause = schema.delivery
    if wanted.language or (wanted.text and not _is_counted_by_a_set(connection)):
        source = source.outerjoin(partner, partner.c.partner_id == schema.delivery.c.partner_id)
    if wanted.kind:
        source = source.join(schema.letter, _same())
    query = (
        select(func.count())
        .select_from(source)
        .where(*_conditions(connection, month, wanted, are_few=False, are_counted=True))
    )
    return int(connection.execute(query).scalar_one())


def count_needs(connection: Connection, month: BillingMonth) -> dict[Need, int]:
    """Count the rows of a month that need a person, by why."""
    table = schema.delivery
    needs = {need: func.count(case((condition, 1))) for need, condition in _needs().items()}
    stuck = (table.c.status != ACCEPTED, table.c.status.in_(_STUCK))
    query = select(*needs.values()).where(table.c.billing_month == str(month), *stuck)
    return {need: number for need, number in zip(needs, connection.execute(query).one(), strict=True) if number}


def count_states(connection: Connection, month: BillingMonth) -> dict[DeliveryState, int]:
    """Count the rows of a month in each state; what was accepted is the rest, and not read."""
    table = schema.delivery
    query = (
        select(table.c.status, func.count())
        .where(table.c.billing_month == str(month), table.c.status != ACCEPTED)
        .group_by(table.c.status)
    )
    found: dict[DeliveryState, int] = {row[0]: row[1] for row in connection.execute(query)}
    if accepted := count_owed(connection, month) - sum(found.values()):
        found["accepted"] = accepted
    return found


def count_kinds(
    connection: Connection, month: BillingMonth, states: Mapping[DeliveryState, int]
) -> list[KindCount] | None:
    """Count the recipients of a month's letters by kind and state; None where a letter has no recipient's row.

    `states` are all rows by their state. Those of the most common state are the rest of what each kind has: letters
    are kept by their kind, and few have more than one recipient.
    """
    all_of = Counter[LetterKind](letter_kinds(connection, month))
    all_of.update(_more_recipients(connection, month))
    if all_of.total() != sum(states.values()):
        return None
    rest = max(states, key=lambda each: states[each], default=None)
    table, letter = schema.delivery, schema.letter
    rarer = [each for each in states if each != rest]
    query = (
        select(letter.c.kind, table.c.status, func.count())
        .select_from(table.join(letter, _same()))
        .where(table.c.billing_month == str(month), *_in_states(rarer))
        .group_by(letter.c.kind, table.c.status)
    )
    found = [KindCount(*row) for row in connection.execute(query)] if rarer else []
    for each in found:
        all_of[each.kind] -= each.recipients
    if rest is not None:
        found += [KindCount(kind, rest, number) for kind, number in all_of.items() if number]
    return found


def count_kinds_one_by_one(connection: Connection, month: BillingMonth) -> list[KindCount]:
    """Count the recipients of a month's letters by kind and state, where the outbox is not whole."""
    kind, state = schema.letter.c.kind, schema.delivery.c.status
    query = (
        select(kind, state, func.count())
        .select_from(schema.delivery.join(schema.letter, _same()))
        .where(schema.delivery.c.billing_month == str(month))
        .group_by(kind, state)
    )
    return [KindCount(*row) for row in connection.execute(query)]


def _more_recipients(connection: Connection, month: BillingMonth) -> dict[LetterKind, int]:
    """By kind, how many recipients letters have beside their first one."""
    table, letter = schema.delivery, schema.letter
    several = (
        select(table.c.billing_month, table.c.revision, table.c.partner_id, (func.count() - 1).label("more"))
        .where(table.c.billing_month == str(month))
        .group_by(table.c.billing_month, table.c.revision, table.c.partner_id)
        .having(func.count() > 1)
        .subquery()
    )
    same = and_(*(several.c[name] == letter.c[name] for name in ("billing_month", "revision", "partner_id")))
    query = select(letter.c.kind, func.sum(several.c.more)).join(several, same).group_by(letter.c.kind)
    return {kind: int(more) for kind, more in connection.execute(query)}


def months_of_letters(connection: Connection) -> list[MonthOfLetters]:
    """Return every month that owes letters, the newest first; what was accepted is the rest, and not read."""
    table = schema.delivery
    stuck = and_(table.c.status.in_(_STUCK), _is_not_replaced())
    unfinished = (
        select(table.c.billing_month, table.c.status, func.count(), func.count(case((stuck, 1))))
        .where(table.c.status != ACCEPTED)
        .group_by(table.c.billing_month, table.c.status)
    )
    states: dict[str, Counter[DeliveryState]] = defaultdict(Counter)
    needs: Counter[str] = Counter()
    for month, state, number, needing in connection.execute(unfinished):
        states[month][state] += number
        needs[month] += needing
    # each month counted by itself is a part of the key: grouped, each row would be compared
    settled = select(schema.settlement.c.billing_month).distinct().subquery()
    of_month = select(func.count()).where(table.c.billing_month == settled.c.billing_month).scalar_subquery()
    for month, number in connection.execute(select(settled.c.billing_month, of_month)):
        if accepted := number - states[month].total():
            states[month]["accepted"] = accepted
    return [
        MonthOfLetters(BillingMonth.parse(month), states[month], needs[month])
        for month in sorted(states, reverse=True)
    ]  # fmt: skip


def _recipient_at(connection: Connection, month: BillingMonth, place: Place) -> str:
    """The recipient at a place; where that row has gone, the partner's rows are shown from the first."""
    table = schema.delivery
    query = select(table.c.recipient).where(
        table.c.billing_month == str(month),
        table.c.revision == place.revision,
        table.c.partner_id == place.partner_id,
    )
    return next((each for each in connection.execute(query).scalars() if place.is_of(each)), NO_RECIPIENT)


_STUCK: tuple[DeliveryState, ...] = ("ambiguous", "refused", "undeliverable")
FEW = 5_000  # so many rows are chosen and sorted sooner than found one by one along the key


def _same(rows: FromClause = schema.delivery) -> ColumnElement[bool]:
    """The letter of a row."""
    letter = schema.letter.c
    return and_(*(rows.c[name] == letter[name] for name in ("billing_month", "revision", "partner_id")))


def _conditions(
    connection: Connection, month: BillingMonth, wanted: WantedLetters, *, are_few: bool, are_counted: bool = False
) -> list[ColumnElement[bool]]:
    """What chooses rows: a kind by the letter beside them, where they are few by their index or a set of partners."""
    table, partner = schema.delivery.c, schema.partner.c
    found = [table.billing_month == str(month)]
    of_partner: list[ColumnElement[bool]] = []
    if wanted.text:
        of_partner.append(_of_text(connection, month, wanted.text, are_few=are_few, are_counted=are_counted))
    if wanted.language:
        # many are looked for along the key: SQLite would rather sort all that the index of languages has
        language = partner.language if are_few else func.coalesce(partner.language, "")
        is_in = language == wanted.language
        of_partner.append(table.partner_id.in_(select(partner.partner_id).where(is_in)) if are_few else is_in)
    found += of_partner
    if wanted.kind:
        found.append(schema.letter.c.kind == wanted.kind)
    if wanted.state:
        found += _in_states([wanted.state]) if are_few else [table.status == wanted.state]
    if wanted.need:
        found += [table.status != ACCEPTED, _needs()[wanted.need]]
    return found


def _of_text(
    connection: Connection, month: BillingMonth, words: str, *, are_few: bool, are_counted: bool
) -> ColumnElement[bool]:
    """Whose name or id has a piece of text in it, also of a partner that the registry has not any more."""
    table, partner = schema.delivery.c, schema.partner.c
    is_set = are_counted and _is_counted_by_a_set(connection)
    is_along = not are_few and not are_counted
    name, own_id = (
        has_piece(connection, each, words, in_many=is_along) for each in (partner.company_name, table.partner_id)
    )
    named = select(partner.partner_id).where(name)
    if are_few:
        of_month = select(table.partner_id).where(table.billing_month == str(month), own_id)
        return table.partner_id.in_(named.union(of_month))
    if is_set:  # made once: each parallel worker would make its own
        once = named.cte("named").prefix_with("MATERIALIZED")
        return or_(table.partner_id.in_(select(once.c.partner_id)), own_id)
    return or_(name, own_id)


def _is_counted_by_a_set(connection: Connection) -> bool:
    """PostgreSQL makes a set of names at once, and a join of all slowly; for SQLite it is the other way round."""
    return connection.dialect.name == "postgresql"


def _in_states(states: list[DeliveryState]) -> list[ColumnElement[bool]]:
    """Rows in some states; where these are unfinished, in the words of their index."""
    status = schema.delivery.c.status
    unfinished = [] if "accepted" in states else [status != ACCEPTED]
    return [*unfinished, status.in_(states)]


def _needs() -> dict[Need, Any]:
    """What a row is like that needs a person, by why, as `need_of` says it of one row."""
    table = schema.delivery
    named = table.c.recipient != NO_RECIPIENT
    return {
        "ambiguous": and_(table.c.status == "ambiguous", _is_not_replaced()),
        "refused": and_(table.c.status == "refused", _is_not_replaced()),
        "undeliverable": and_(table.c.status == "undeliverable", named, _is_not_replaced()),
        "owed_to_nobody": and_(table.c.status == "undeliverable", ~named, _is_not_replaced()),
    }


def _is_not_replaced() -> Any:
    reply = schema.delivery.c.reply
    return or_(reply.is_(None), reply.not_like(f"%{REPLACED}"))


def _listed(row: dict[str, Any]) -> ListedLetter:
    name, language = row.pop("company_name"), row.pop("language")
    return ListedLetter(Delivery(**row), name or row["partner_id"], language or "")
