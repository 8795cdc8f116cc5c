"""Lines written by hand for special partners, in addition to their random services or instead of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from demo.calendar_months import JULY, JUNE, MONTHS
from demo.services import Account, Line, Service, month_line, one_day_line

Accounts = Sequence[Account]


def _every_term(accounts: Accounts) -> Iterator[Line]:
    for number, term in enumerate((1, 3, 6, 12, 24, 36)):
        starts_on = date(2012 + number // 3, 2 + number, 1)
        yield from Service(accounts[0], f"S-TERM-{term}", "dedicated_server", starts_on, term, 480_00).lines()


def _fifteenth_to_fifteenth(accounts: Accounts) -> Iterator[Line]:
    yield from Service(accounts[0], "S-MID-1", "cloud", date(2014, 3, 15), 1, 615_00).lines()


def _ordered_on_the_31st(accounts: Accounts) -> Iterator[Line]:
    yield from Service(accounts[0], "S-31ST", "dedicated_server", date(2014, 1, 31), 1, 540_00).lines()
    start, end = date(2015, 7, 31), date(2015, 8, 2)
    yield Line(
        accounts[0],
        "S-TWO-DAYS",
        "dedicated_server",
        "recurring",
        start,
        end,
        1,
        930_00,
        "GBP",
        start,
        ordered_on=start,
    )


def _usage_only(accounts: Accounts) -> Iterator[Line]:
    for number, month in enumerate(MONTHS):
        yield month_line(accounts[0], "usage", month, 412_37 + 1_913 * number)
        yield month_line(accounts[0], "usage", month, 188_05 + 711 * number, "traffic")


def _late_credits(accounts: Accounts) -> Iterator[Line]:
    for month, posted_on in ((MONTHS[9], date(2015, 5, 11)), (MONTHS[10], date(2015, 6, 9)), (JUNE, date(2015, 7, 8))):
        yield replace(month_line(accounts[0], "credit", month, -120_00, "dedicated_server"), posted_on=posted_on)


def _negative_july(accounts: Accounts) -> Iterator[Line]:
    yield from Service(accounts[0], "S-NEG-1", "dedicated_server", date(2013, 9, 1), 1, 310_00).lines()
    yield month_line(accounts[0], "credit", JULY, -455_50, "dedicated_server")


def _seeding_units(accounts: Accounts) -> Iterator[Line]:
    for unit in range(1, 6):
        service = Service(accounts[0], f"S-SEED-{unit}", "dedicated_server", date(2015, 6, 1), 1, 0, date(2015, 9, 1))
        yield from service.lines()


def _private_only(accounts: Accounts) -> Iterator[Line]:
    yield from Service(accounts[0], "S-RACK-1", "private_rack", date(2013, 11, 1), 12, 2_450_00).lines()
    yield from Service(accounts[0], "S-PCLOUD-1", "private_cloud", date(2014, 2, 1), 36, 3_120_00).lines()


def _drafts_and_voids(accounts: Accounts) -> Iterator[Line]:
    for month in (JUNE, JULY):
        line = month_line(accounts[0], "usage", month, 900_00)
        yield from (replace(line, document_status=status) for status in ("draft", "void"))


def _everything_excluded(accounts: Accounts) -> Iterator[Line]:
    amounts = {"setup": 800_00, "one_off": 350_00, "deposit": 1_500_00, "goodwill": -75_00, "tax": 929_25}
    for month in (JUNE, JULY):
        yield from (one_day_line(accounts[0], kind, month.first_day, minor) for kind, minor in amounts.items())


def _dollars_at_the_dutch_entity(accounts: Accounts) -> Iterator[Line]:
    service = Service(accounts[0]._replace(currency="USD"), "S-USD-1", "license", date(2014, 5, 1), 1, 275_00)
    yield from (replace(line, account=accounts[0]) for line in service.lines())


def _unknown_kind(accounts: Accounts) -> Iterator[Line]:
    yield month_line(accounts[0], "subscription", JULY, 149_00, "cloud")


def _amount_as_text(accounts: Accounts) -> Iterator[Line]:
    yield replace(month_line(accounts[0], "usage", JULY, 0), net_amount_minor="1.250,00")


_BY_PARTNER: Mapping[str, Callable[[Accounts], Iterator[Line]]] = {
    "P046": _dollars_at_the_dutch_entity,
    "P047": _every_term,
    "P048": _fifteenth_to_fifteenth,
    "P049": _ordered_on_the_31st,
    "P050": _usage_only,
    "P051": _late_credits,
    "P052": _negative_july,
    "P053": _seeding_units,
    "P054": _private_only,
    "P055": _drafts_and_voids,
    "P056": _everything_excluded,
    "P057": _unknown_kind,
    "P058": _amount_as_text,
}


def special_lines(partner_id: str, accounts: Accounts) -> list[Line]:
    """The lines that a special partner needs; empty for all other partners."""
    written = _BY_PARTNER.get(partner_id)
    return list(written(accounts)) if written else []
