"""Lists, overviews and what waits are the same on PostgreSQL as on SQLite: asked of two databases with equal rows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import insert, text

from partner_program.adapters.database import events as event_store
from partner_program.adapters.database import letter_list, partner_list, schema
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import STATES
from partner_program.domain.letter_list import NEEDS, LetterList, Place, WantedLetters
from partner_program.domain.partner_list import Change, Near, Order, Wanted
from partner_program.usecases.desk import letters, month
from partner_program.usecases.desk.letters import find_letters
from partner_program.usecases.desk.partners import find_partners
from partner_program.usecases.desk.today import what_waits
from partner_program.usecases.installation import Installation
from tests.page.letters_world import sent_world
from tests.page.small_world import small_world
from tests.servers import Postgres
from tests.worlds import NamedConnections, World

Both = tuple[Installation, Installation]
JUNE = BillingMonth(2015, 6)
TEXTS = ("company", "COMPANY", "p1", "P/5", "/", "%", "_", "söhne", "A2", "B3", "zzz")
PARTNERS: tuple[dict[str, Any], ...] = (
    *({"text": each} for each in TEXTS),
    *({"tier": each} for each in (0, 1, 2, 3, 4, 99)),
    *({"change": each} for each in get_args(Change)),
    *({"near": each} for each in get_args(Near)),
    *({"manager_id": each} for each in ("M1", "M9")),
    *({"entity": each} for each in ("NL", "US")),
    *({"language": each} for each in ("nl", "xx")),
    *({"status": each} for each in ("authorized", "terminated")),
)
LETTERS: tuple[dict[str, Any], ...] = (
    *({"text": each} for each in TEXTS),
    *({"state": each} for each in STATES),
    *({"kind": each} for each in ("migration", "tier_raised", "tier_lowered", "first_tier")),
    *({"language": each} for each in ("nl", "xx")),
    *({"need": each} for each in NEEDS),
)


def busy(world: World) -> None:
    """The pages' world with a rate in doubt, an event that was not taken and a digest that was refused."""
    small_world(world)
    world.rate("2015-08", "USD", "0.893")
    world.load()
    digest: dict[str, Any] = {"week_of": date(2015, 8, 3), "account_manager_id": "M1", "status": "refused"}
    digest |= {"listed_on": date(2015, 8, 3), "told_from": date(2015, 7, 27), "due_days": 30, "reminders": 1}
    digest |= {"not_read": "[]", "resend_number": 0, "attempts": 1, "reply": "550 no such user"}
    with world.installation.database.writing() as connection:
        connection.execute(insert(schema.digest).values(digest))
        row = event_store.newest_events(connection, states=None, first=None)[0]
        event_store.move(connection, row, "claimed", claimed_by="a sender")
        row = event_store.find_event(connection, row.event_id) or row
        event_store.move(connection, row, "dead", claimed_by=None, attempts=10, reply="HTTP 410")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, shared_postgres: Postgres) -> Iterator[Both]:
    """Two months with something on each page."""
    with _twice(busy, tmp_path_factory.mktemp("shown"), shared_postgres) as both:
        yield both


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory, shared_postgres: Postgres) -> Iterator[Both]:
    """A month whose letters are in many states."""
    with _twice(sent_world, tmp_path_factory.mktemp("sent"), shared_postgres) as both:
        yield both


@contextmanager
def _twice(make: Callable[[World], object], folder: Path, server: Postgres) -> Iterator[Both]:
    """A world's installation, and the same with its rows on PostgreSQL."""
    world = World(folder)
    world.become(make)
    embedded = replace(world.installation, kept_connections=1)
    name = server.programme()
    beside = NamedConnections(world.connections)
    beside["partner_program"] = server.fields("partner_program", name)
    served = replace(embedded, connections=beside)
    _copy(embedded, served)
    yield embedded, served
    served.database.engine.dispose()
    server.drop(name)


def _copy(embedded: Installation, served: Installation) -> None:
    with embedded.database.reading() as there, served.database.writing() as here:
        here.execute(text("SET LOCAL session_replication_role = replica"))  # rows as they are: no trigger, any order
        for table in schema.metadata.sorted_tables:
            here.execute(table.delete())
            if rows := [dict(row._mapping) for row in there.execute(table.select())]:
                here.execute(insert(table), rows)


def same(both: Both, asked: Callable[[Installation], Any]) -> Any:
    """What both answer; fails with the question where they differ."""
    embedded, served = map(asked, both)
    assert served == embedded, asked
    return embedded


def pages(both: Both, asked: Callable[..., Any]) -> Iterator[Any]:
    """A list page after page, each of them the same on both."""
    after = None
    while True:
        page = same(both, partial(asked, after=after))
        yield page
        if (after := page.next_after) is None:
            return


def some_of(filters: tuple[dict[str, Any], ...]) -> Iterator[dict[str, Any]]:
    """Nothing chosen, each filter, and every so many of the pairs of different ones."""
    yield from ({}, *filters)
    pairs = [one | other for one, other in combinations(filters, 2) if not one.keys() & other.keys()]
    yield from pairs[::41]


@pytest.mark.parametrize("is_large", [False, True], ids=["few", "many"])
def test_partners_are_the_same_page_after_page(shown: Both, monkeypatch: pytest.MonkeyPatch, is_large: bool) -> None:
    if is_large:  # as many partners are read: along an order, and what some have by its own index
        monkeypatch.setattr(partner_list, "SORTED", -1)
        monkeypatch.setattr(partner_list, "COMMON", 1)
    found = 0
    for chosen in some_of(PARTNERS):
        near, wanted = chosen.get("near"), Wanted(**{name: chosen[name] for name in chosen if name != "near"})
        for order in get_args(Order):
            asked = partial(find_partners, wanted=wanted, near=near, order=order, count=3)
            found += sum(len(page.rows) for page in pages(shown, asked))
    assert found > 100


@pytest.mark.parametrize("is_large", [False, True], ids=["few", "many"])
def test_letters_are_the_same_page_after_page(sent: Both, monkeypatch: pytest.MonkeyPatch, is_large: bool) -> None:
    if is_large:
        monkeypatch.setattr(letter_list, "FEW", -1)
    found = 0
    for chosen in some_of(LETTERS):
        asked = partial(_letters, wanted=WantedLetters(**chosen))
        found += sum(len(page.rows) for page in pages(sent, asked))
    assert found > 30


def _letters(here: Installation, wanted: WantedLetters, after: Place | None) -> LetterList:
    return find_letters(here, JUNE, wanted, after=after, count=2)[1]


@pytest.mark.parametrize("world", ["shown", "sent"])
def test_months_and_their_letters_are_the_same(request: pytest.FixtureRequest, world: str) -> None:
    both = request.getfixturevalue(world)
    assert same(both, letters.list_months)
    for each in same(both, month.list_months):
        assert same(both, partial(month.month_overview, month=each.month)).decided is not None
        assert same(both, partial(letters.letters_overview, month=each.month)).owed
        assert same(both, partial(month.tiers_over_time, until=each.month))


@pytest.mark.parametrize("world", ["shown", "sent"])
def test_what_waits_is_the_same(request: pytest.FixtureRequest, world: str) -> None:
    for on in (date(2015, 8, 4), date(2015, 11, 20)):
        assert len(same(request.getfixturevalue(world), partial(what_waits, on=on)).waiting) >= 2


def test_each_of_todays_lists_has_something(shown: Both) -> None:
    kinds = {each.kind for each in what_waits(shown[1], on=date(2015, 8, 4)).waiting}
    assert {"rate_in_doubt", "digest", "event", "dispute", "benefit_request", "letters_to_approve"} <= kinds
