"""Who is near a threshold, and whose tier exchange rates alone made."""

from pathlib import Path

import pytest

from partner_program.adapters.reports.plain_values import plain
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.report import Report
from partner_program.usecases.reports.near import near
from tests.worlds import World

JUNE, JULY, GO_LIVE = "2015-06", "2015-07", "2015-07-27"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """P1 counts euros; P2 a third of 6,600.00 USD a month, 2,000.00 EUR at 1.1; P3 pounds, in July alone."""
    world = World(tmp_path, ("NL", "US", "UK"))
    world.partner("P1", {"NL": "A1"})
    world.bill("A1", JUNE, 1_999_99, months=2)
    world.partner("P2", {"US": "B2"})
    world.bill("B2", JUNE, 6_600_00, entity="US", service_end="2015-09-01", term_months=3)
    world.partner("P3", {"UK": "C3"})
    world.bill("C3", JULY, 700_00, entity="UK")
    world.rate(JUNE, "USD", "1.1")
    world.rate(JULY, "USD", "1.1001")
    world.rate(JULY, "GBP", "0.7")
    world.ready(JUNE, JULY)
    world.settle(JUNE, on=GO_LIVE)
    world.settle(JULY, on="2015-08-03")
    return world


def asked(world: World, month: str) -> Report:
    return near(world.installation, BillingMonth.parse(month))


def test_who_lost_a_tier_by_exchange_rates_alone_is_told_with_the_total_at_those_before(world: World) -> None:
    report = asked(world, JULY)
    # 2,200.00 / 1.1001 = 1,999.82; at June's 1.1 it is 2,000.00.
    assert [plain(row) for row in report.table("rates").rows] == [
        {
            "partner_id": "P2",
            "company_name": "Company P2",
            "account_manager_id": "M1",
            "mrr_eur_cents": 1_999_82,
            "earned_tier": 1,
            "before_eur_cents": 2_000_00,
            "before_tier": 2,
            "moved_cents": -18,
        }
    ]
    assert report.said[1].endswith("0 partners earned a higher tier than at those of 2015-06, and 1 a lower one.")


def test_a_currency_without_a_rate_in_the_month_before_is_said_to_be_unknown(world: World) -> None:
    (unknown,) = asked(world, JULY).unknown
    assert unknown == "what 1 partner would have at the exchange rates of 2015-06: it counted nothing in GBP"


def test_in_the_first_month_nothing_is_known_of_rates_before(world: World) -> None:
    report = asked(world, JUNE)
    assert list(report.table("rates").rows) == []
    assert report.unknown == ("what 1 partner would have at the exchange rates of 2015-05: it counted nothing in USD",)
