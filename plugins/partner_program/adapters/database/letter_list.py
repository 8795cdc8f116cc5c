"""Reads a month's letters as a list: filtered, a page at a time in the order of the key, and counted by need."""

from collections import Counter, defaultdict
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, or_, select, tuple_

from partner_program.adapters.database import schema
from partner_program.adapters.database.waiting import ACCEPTED
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import NO_RECIPIENT, REPLACED, Delivery, DeliveryState
from partner_program.domain.letter_list import KindCount, ListedLetter, MonthOfLetters, Need, Place, WantedLetters


def list_letters(
    connection: Connection, month: BillingMonth, wanted: WantedLetters, *, after: Place | None, count: int
) -> list[ListedLetter]:
    """Return at most `count` rows of a month after the place `after`, in the order of the key."""
    table, letter, partner = schema.delivery, schema.letter, schema.partner
    query = _wanted(
        month, wanted, table, letter.c.kind, letter.c.content_hash.label("letter_hash"), partner.c.company_name,
        partner.c.language,
    )  # fmt: skip
    place = tuple_(table.c.revision, table.c.partner_id, table.c.recipient)
    if after is not None:
        query = query.where(place > tuple_(after.revision, after.partner_id, _recipient_at(connection, month, after)))
    query = query.order_by(table.c.revision, table.c.partner_id, table.c.recipient).limit(count)
    return [_listed(dict(row._mapping)) for row in connection.execute(query)]


def count_letters(connection: Connection, month: BillingMonth, wanted: WantedLetters) -> int:
    """Return how many rows of a month are wanted."""
    query = _wanted(month, wanted, schema.delivery.c.recipient)
    return int(connection.execute(select(func.count()).select_from(query.subquery())).scalar_one())


def count_needs(connection: Connection, month: BillingMonth) -> dict[Need, int]:
    """Count the rows of a month that need a person, by why."""
    table = schema.delivery
    needs = {need: func.count(case((condition, 1))) for need, condition in _needs().items()}
    query = select(*needs.values()).where(table.c.billing_month == str(month), table.c.status.in_(_STUCK))
    return {need: number for need, number in zip(needs, connection.execute(query).one(), strict=True) if number}


def count_kinds(connection: Connection, month: BillingMonth) -> list[KindCount]:
    """Count the recipients of a month's letters by kind and state."""
    letter, state = schema.letter, schema.delivery.c.status
    query = _wanted(month, WantedLetters(), letter.c.kind, state, func.count()).group_by(letter.c.kind, state)
    return [KindCount(*row) for row in connection.execute(query)]


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
    owed = select(table.c.billing_month, func.count()).group_by(table.c.billing_month)
    for month, number in connection.execute(owed):
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


def _wanted(month: BillingMonth, wanted: WantedLetters, *columns: Any) -> Select[Any]:
    table, letter, partner = schema.delivery, schema.letter, schema.partner
    same = and_(
        table.c.billing_month == letter.c.billing_month,
        table.c.revision == letter.c.revision,
        table.c.partner_id == letter.c.partner_id,
    )
    query = (
        select(*columns)
        .select_from(table.join(letter, same).outerjoin(partner, partner.c.partner_id == table.c.partner_id))
        .where(table.c.billing_month == str(month))
    )
    if wanted.text:
        piece = (
            partner.c.company_name.icontains(wanted.text, autoescape=True),
            table.c.partner_id.icontains(wanted.text, autoescape=True),
        )
        query = query.where(or_(*piece))
    if wanted.state:
        query = query.where(table.c.status == wanted.state)
    if wanted.kind:
        query = query.where(letter.c.kind == wanted.kind)
    if wanted.language:
        query = query.where(partner.c.language == wanted.language)
    if wanted.need:
        query = query.where(_needs()[wanted.need])
    return query


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
