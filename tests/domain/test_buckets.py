"""Every line lies in exactly one bucket, and a line or an entity at fault holds its partners (rules 2 and 7)."""

from datetime import date
from decimal import Decimal

import pytest

from partner_program.domain.refusals import ConservationBroken
from partner_program.domain.revenue import EXCLUDED_KINDS, FaultyLine, MrrGroup
from partner_program.domain.totals import Bucket, MonthTotals, check_conservation, merge_totals
from tests.domain.made_month import JUNE, billed, entity, faulty, line, link, merged, partner


def buckets(totals: MonthTotals) -> list[tuple[str, int, int]]:
    return [(row.bucket, row.lines, row.net_amount_minor) for row in totals.buckets]


def reasons(totals: MonthTotals) -> dict[str, str]:
    return {held.partner_id: held.reason for held in totals.held}


# The first bucket that fits


def test_each_bucket_has_its_place_in_the_equation() -> None:
    totals = merged(
        billed(
            line(10, status="void"),
            line(11, status="draft"),
            line(12, kind="tax"),
            line(-13, kind="goodwill"),
            line(14, kind="deposit"),
            line(15, kind="one_off"),
            line(16, kind="setup"),
            line(17, account_id="A9"),
            line(18, account_id="A2"),
            line(19, account_id="A3"),
            line(20),
            line(-5, kind="credit"),
            faulty_lines=[faulty(21, account_id="A3")],
        ),
        partners=[partner("P1"), partner("P2", "ended"), partner("P3")],
        links=[link(), link("P2", "A2"), link("P3", "A3")],
    )
    assert buckets(totals) == [
        ("draft", 1, 11),
        ("void", 1, 10),
        ("setup", 1, 16),
        ("one_off", 1, 15),
        ("deposit", 1, 14),
        ("goodwill", 1, -13),
        ("tax", 1, 12),
        ("unmatched", 1, 17),
        ("not_authorized", 1, 18),
        ("faulty", 1, 21),
        ("held", 1, 19),
        ("counted", 2, 15),
    ]


@pytest.mark.parametrize("status", ["draft", "void"])
@pytest.mark.parametrize("kind", ["setup", "tax", "recurring"])
def test_draft_and_void_come_before_every_other_bucket(status: str, kind: str) -> None:
    totals = merged(billed(line(7, status=status, kind=kind, account_id="A9"), fault="not closed"))
    assert buckets(totals) == [(status, 1, 7)]


@pytest.mark.parametrize("kind", EXCLUDED_KINDS)
def test_an_excluded_kind_comes_before_the_question_whose_account_it_is(kind: str) -> None:
    totals = merged(
        billed(line(7, kind=kind, account_id="A9"), line(8, kind=kind, account_id="A2")), links=[link("P2", "A2")]
    )
    assert buckets(totals) == [(kind, 2, 15)]


def test_a_faulty_line_is_put_by_the_owner_of_its_account_first() -> None:
    totals = merged(
        billed(faulty_lines=[faulty(1, account_id="A9"), faulty(2, account_id="A2"), faulty(3)]),
        partners=[partner("P1"), partner("P2", "suspended")],
        links=[link(), link("P2", "A2")],
    )
    assert buckets(totals) == [("unmatched", 1, 1), ("not_authorized", 1, 2), ("faulty", 1, 3)]


def test_a_faulty_amount_is_a_line_in_its_bucket_without_an_amount() -> None:
    assert buckets(merged(billed(faulty_lines=[faulty(None)]))) == [("faulty", 1, 0)]


def test_buckets_are_by_entity_and_currency_in_the_lines_own_money() -> None:
    totals = merged(
        billed(line(7), line(9, currency="USD"), code="US"),
        billed(line(5, term=12, start=date(2015, 6, 30)), code="NL"),
        links=[link(), link(code="US")],
        rates={"USD": Decimal("1.1")},
    )
    assert totals.buckets == (
        Bucket("NL", "EUR", "counted", 1, 5),
        Bucket("US", "EUR", "counted", 1, 7),
        Bucket("US", "USD", "counted", 1, 9),
    )


def test_usage_that_started_in_another_month_is_in_the_equation_and_in_no_total() -> None:
    totals = merged(billed(line(500, kind="usage", start=date(2015, 5, 31), end=date(2015, 6, 30))))
    assert buckets(totals) == [("counted", 1, 500)]
    assert totals.partners[0].accounts == ()


def test_a_month_whose_buckets_lost_a_line_stops() -> None:
    revenue = billed(line(100), line(-100, kind="credit"))
    with pytest.raises(ConservationBroken, match="entity NL, EUR: read 2 lines"):
        check_conservation([revenue], [])
    with pytest.raises(ConservationBroken, match="in the buckets 2 lines of 1"):
        check_conservation([revenue], [Bucket("NL", "EUR", "counted", 2, 1)])


def test_what_one_entity_lost_is_not_made_good_by_another() -> None:
    revenues = [billed(line(100), code="NL"), billed(line(100), code="US")]
    with pytest.raises(ConservationBroken, match="entity NL"):
        check_conservation(revenues, [Bucket("US", "EUR", "counted", 2, 200)])


def test_what_one_currency_lost_is_not_made_good_by_another() -> None:
    revenue = billed(line(100), line(100, currency="USD"))
    with pytest.raises(ConservationBroken, match="entity NL, EUR"):
        check_conservation([revenue], [Bucket("NL", "USD", "counted", 2, 200)])


# Held partners


def test_an_entity_at_fault_holds_each_partner_with_an_account_there_and_nobody_else() -> None:
    totals = merged(
        billed(line(2_000_00), line(700_00, account_id="A3"), code="NL"),
        billed(line(9_00, account_id="A2"), code="US", fault="month 2015-06 not closed"),
        partners=[partner("P1"), partner("P2"), partner("P3"), partner("P4", "ended")],
        links=[link(), link("P2", "A2", "US"), link("P3", "A3"), link("P3", "A4", "US"), link("P4", "A5", "US")],
    )
    assert [total.partner_id for total in totals.partners] == ["P1"]
    assert reasons(totals) == dict.fromkeys(["P2", "P3"], "entity US: month 2015-06 not closed")
    assert [held.entities for held in totals.held] == [("US",), ("US",)]
    assert buckets(totals) == [("held", 1, 700_00), ("counted", 1, 2_000_00), ("held", 1, 9_00)]


def test_an_entity_that_was_not_read_holds_its_partners() -> None:
    totals = merged(billed(line(2_000_00)), links=[link(), link(code="US")], entities=[entity("NL"), entity("US")])
    assert reasons(totals) == {"P1": "entity US: month 2015-06 not read"}
    assert totals.partners == ()


def test_an_entity_that_no_longer_bills_holds_nobody() -> None:
    gone = entity("US", left_on=date(2015, 6, 1))
    totals = merged(billed(line(2_000_00)), links=[link(), link(code="US")], entities=[entity("NL"), gone])
    assert totals.held == ()
    assert totals.partners[0].mrr_eur_cents == 2_000_00


def test_the_checks_of_a_whole_entity_hold_its_partners() -> None:
    totals = merged(billed(line(2_000_00)), entity_faults={"NL": "3 lines, the close names 4"})
    assert reasons(totals) == {"P1": "entity NL: 3 lines, the close names 4"}


def test_an_account_that_moved_away_before_the_last_day_holds_only_its_new_partner() -> None:
    totals = merged(
        billed(fault="not closed"),
        partners=[partner("P1"), partner("P2")],
        links=[link("P1", until=date(2015, 6, 30)), link("P2", since=date(2015, 6, 30))],
    )
    assert list(reasons(totals)) == ["P2"]


def test_an_account_of_two_partners_holds_both_when_its_entity_is_at_fault() -> None:
    totals = merged(billed(fault="not closed"), partners=[partner("P1"), partner("P2")], links=[link("P1"), link("P2")])
    assert list(reasons(totals)) == ["P1", "P2"]


def test_a_row_at_fault_holds_the_partner_of_its_account_and_names_line_column_and_value() -> None:
    totals = merged(
        billed(line(2_000_00), line(500_00, account_id="A2"), faulty_lines=[faulty()]),
        partners=[partner("P1"), partner("P2")],
        links=[link(), link("P2", "A2")],
    )
    assert reasons(totals) == {"P1": "entity NL: line L7: term_months is 0, expected a whole number from 1"}
    assert [total.mrr_eur_cents for total in totals.partners] == [500_00]


@pytest.mark.parametrize(("kind", "status"), [("setup", "posted"), ("recurring", "draft"), ("recurring", "void")])
def test_a_row_at_fault_that_would_not_count_holds_nobody(kind: str, status: str) -> None:
    totals = merged(billed(line(2_000_00), faulty_lines=[faulty(kind=kind, status=status)]))
    assert totals.held == ()


def test_a_kind_that_the_programme_does_not_know_holds_the_partner() -> None:
    totals = merged(billed(faulty_lines=[faulty(kind="rent")]))
    assert list(reasons(totals)) == ["P1"]


def test_a_missing_exchange_rate_holds_the_partner_instead_of_skipping_the_amount() -> None:
    totals = merged(
        billed(line(2_000_00), line(1, currency="SEK"), line(500_00, account_id="A2")),
        partners=[partner("P1"), partner("P2")],
        links=[link(), link("P2", "A2")],
    )
    assert reasons(totals) == {"P1": "entity NL: no exchange rate for SEK in 2015-06"}
    assert [total.partner_id for total in totals.partners] == ["P2"]


@pytest.mark.parametrize(
    "excluded", [{"kind": "setup"}, {"status": "draft"}, {"kind": "usage", "start": date(2015, 5, 1)}]
)
def test_a_currency_without_a_rate_holds_nobody_where_none_of_it_counts(excluded: dict[str, str]) -> None:
    totals = merged(billed(line(2_000_00), line(1, currency="SEK", **excluded)))  # type: ignore[arg-type]
    assert totals.partners[0].mrr_eur_cents == 2_000_00


@pytest.mark.parametrize("status", ["applied", "suspended", "ended"])
def test_a_partner_that_is_not_authorised_is_never_held(status: str) -> None:
    totals = merged(
        billed(line(1, currency="SEK"), faulty_lines=[faulty()]),
        billed(code="US", fault="not closed"),
        partners=[partner(status=status)],
        links=[link(), link(code="US")],
    )
    assert totals.held == ()


def test_every_reason_is_given_once() -> None:
    totals = merged(
        billed(faulty_lines=[faulty(), faulty()]),
        billed(code="US", fault="not closed"),
        links=[link(), link(account_id="A2"), link(code="US"), link(account_id="A2", code="US")],
    )
    (held,) = totals.held
    assert held.entities == ("NL", "US")
    assert held.reason.split("; ") == [
        "entity US: not closed",
        "entity NL: line L7: term_months is 0, expected a whole number from 1",
    ]


def test_what_is_known_of_a_held_partner_counts_for_an_early_rise_where_the_rest_cannot_be_negative() -> None:
    known = merged(billed(line(2_000_00), line(7, currency="SEK"), faulty_lines=[faulty(1)]))
    assert known.known_parts == {"P1": 2_000_00}


@pytest.mark.parametrize("row", [faulty(-1), faulty(None), faulty(1, kind="credit")])
def test_a_row_at_fault_that_may_be_negative_lets_nobody_rise(row: FaultyLine) -> None:
    assert merged(billed(line(2_000_00), faulty_lines=[row])).known_parts == {}


def test_an_amount_below_zero_without_an_exchange_rate_lets_nobody_rise() -> None:
    totals = merged(billed(line(2_000_00), line(-7, kind="credit", currency="SEK")))
    assert (len(totals.held), totals.known_parts) == (1, {})


def test_an_entity_that_is_missing_may_hold_credit_notes_and_lets_nobody_rise() -> None:
    totals = merged(billed(line(2_000_00)), billed(code="US", fault="not closed"), links=[link(), link(code="US")])
    assert (len(totals.held), totals.known_parts) == (1, {})


def test_a_partner_that_is_not_held_has_no_known_part() -> None:
    assert merged(billed(line(2_000_00))).known_parts == {}


def test_an_entitys_total_leaves_out_entities_at_fault_and_keeps_held_partners_of_the_others() -> None:
    """The totals that the brake compares must not change because another entity is late."""
    totals = merged(
        billed(line(2_000_00), code="NL"),
        billed(line(300_00), code="US", fault="not closed"),
        billed(code="UK"),
        links=[link(), link(code="US")],
    )
    assert totals.partners == ()
    assert totals.entity_totals == {"NL": 2_000_00, "UK": 0}


@pytest.mark.parametrize("excluded", [{"kind": "tax"}, {"kind": "setup"}, {"status": "draft"}])
def test_merging_itself_stops_a_month_whose_buckets_cannot_equal_what_was_read(excluded: dict[str, str]) -> None:
    """No sum of "not a number" equals another: nobody's total needs these lines, only the equation shows them."""
    broken = line(100, **excluded)._replace(net_amount_minor=float("nan"))  # type: ignore[arg-type]
    with pytest.raises(ConservationBroken, match="entity NL, EUR: read 2 lines"):
        merged(billed(line(100), broken))


@pytest.mark.parametrize(
    ("credit", "known"),
    [
        (-2_400_00, {}),  # 100.00 a month less 200.00: the unknown part lowers the total
        (-1, {}),
        (1, {"P1": 500_00}),
    ],
)
def test_one_negative_share_without_a_rate_is_enough_for_an_unknown_part_that_may_be_negative(
    credit: int, known: dict[str, int]
) -> None:
    of_a_month = line(100_00, account_id="A2", currency="USD")
    of_a_year = line(credit, account_id="A2", currency="USD", kind="credit", term=12)
    totals = merged(billed(line(500_00), of_a_month, of_a_year), links=[link(account_id="A1"), link(account_id="A2")])
    assert list(reasons(totals)) == ["P1"]
    assert totals.known_parts == known


# A linked account of which the entity shows nothing


@pytest.mark.parametrize("reseller_accounts", [(), ("A1",)])
def test_an_account_that_bills_nothing_and_is_not_listed_holds_its_partner(reseller_accounts: tuple[str, ...]) -> None:
    totals = merged(
        billed(line(5_000_00), reseller_accounts=reseller_accounts),
        links=(link(), link(account_id="A2")),
        are_listed=False,
    )

    assert [each.partner_id for each in totals.partners] == []
    assert totals.held[0].reason == (
        "entity NL: account A2 bills nothing and is not in the entity's list of reseller accounts"
    )
    assert totals.known_parts == {}  # what it would have billed may be negative


def test_an_account_that_bills_nothing_and_is_listed_holds_nobody() -> None:
    revenue = billed(line(5_000_00), reseller_accounts=("A2",))
    totals = merged(revenue, links=(link(), link(account_id="A2")), are_listed=False)

    assert [each.mrr_eur_cents for each in totals.partners] == [5_000_00]


@pytest.mark.parametrize("shown", [line(1, kind="tax"), line(1, status="draft")])
def test_an_account_with_any_line_in_the_month_is_there(shown: MrrGroup) -> None:
    assert merged(billed(shown), are_listed=False).held == ()


def test_a_faulty_line_shows_its_account_too() -> None:
    (held,) = merged(billed(faulty_lines=[faulty()]), are_listed=False).held
    assert "bills nothing" not in held.reason


def test_a_link_that_ended_before_the_months_last_day_misses_nothing() -> None:
    ended = link(account_id="A2", until=date(2015, 6, 30))
    assert merged(billed(line(5_000_00)), links=(link(), ended), are_listed=False).held == ()


def test_an_entity_that_failed_says_only_that() -> None:
    (held,) = merged(billed(fault="not closed"), are_listed=False).held
    assert held.reason == "entity NL: not closed"


def test_a_partner_that_is_not_authorised_is_not_held() -> None:
    assert merged(billed(), partners=(partner(status="suspended"),), are_listed=False).held == ()


def test_an_amount_of_nothing_without_an_exchange_rate_cannot_lower_a_total() -> None:
    assert merged(billed(line(2_000_00), line(0, currency="SEK"))).known_parts == {"P1": 2_000_00}


def test_a_rate_in_doubt_holds_the_partner_for_the_reason_of_the_doubt() -> None:
    totals = merge_totals(
        month=JUNE,
        entities=[entity()],
        partners=[partner()],
        links=[link()],
        rates={},
        revenues=[billed(line(1, currency="SEK"), line(1, currency="USD"))],
        entity_faults={},
        doubtful_rates={"SEK": "the rate of kronor is in doubt"},
    )
    assert totals.held[0].reason == (
        "entity NL: the rate of kronor is in doubt; entity NL: no exchange rate for USD in 2015-06"
    )


@pytest.mark.parametrize(("lines", "amount"), [(1, 0), (0, 1)])
def test_what_was_read_and_is_in_no_bucket_or_the_other_way_round_stops_the_month(lines: int, amount: int) -> None:
    with pytest.raises(ConservationBroken, match="read 0 lines of 0 minor units"):
        check_conservation([billed()], [Bucket("NL", "EUR", "counted", lines, amount)])
    with pytest.raises(ConservationBroken, match="in the buckets 0 lines of 0"):
        check_conservation([billed(line(amount)._replace(lines=lines))], [])
