from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.completeness import LARGEST_TOTAL_MINOR, completeness_findings
from partner_program.domain.findings import Finding
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import (
    NO_SHARE,
    PIECE_OF_TERM,
    THIS_PERIOD,
    CountedTotals,
    EntityRevenue,
    FaultyLine,
    MrrGroup,
    PeriodClose,
    counted_totals,
    without_days,
)

JUNE = BillingMonth(2015, 6)
NL = Entity("NL", "Example Hosting B.V.", "NL", "EUR", "Europe/Amsterdam", date(2010, 1, 1))
SOUND = MrrGroup("A1", "EUR", "recurring", "posted", 1, 30, 3, 30000)


def revenue_of(*groups: MrrGroup, lines: tuple[FaultyLine, ...] = (), declared: int = 3) -> EntityRevenue:
    return EntityRevenue("NL", groups, lines, (PeriodClose("EUR", declared, 30000),), ())


def found_in(
    *revenues: EntityRevenue, entities: tuple[Entity, ...] = (NL,), previous: Mapping[str, CountedTotals] | None = None
) -> list[Finding]:
    return completeness_findings(
        month=JUNE, entities=entities, revenues=revenues, rated_currencies={"USD"}, previous=previous or {}
    )


def severities(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.entity, finding.severity, finding.check) for finding in findings]


def test_a_sound_entity_has_no_finding() -> None:
    assert found_in(revenue_of(SOUND)) == []


def test_a_configured_entity_without_a_snapshot_fails() -> None:
    assert severities(found_in()) == [("NL", "critical", "snapshot")]


def test_an_entity_that_does_not_belong_to_the_company_in_the_month_is_not_missed() -> None:
    later = Entity("SG", "Example Asia", "SG", "SGD", "Asia/Singapore", date(2015, 7, 1))
    left = Entity("DE", "Example DE", "DE", "EUR", "Europe/Berlin", date(2010, 1, 1), date(2015, 6, 1))
    assert found_in(revenue_of(SOUND), entities=(NL, later, left)) == []


def test_revenue_of_an_entity_outside_its_time_with_the_company_is_a_warning_with_the_days() -> None:
    left = Entity("NL", "Example NL", "NL", "EUR", "Europe/Berlin", date(2010, 1, 1), date(2015, 6, 1))
    later = Entity("NL", "Example NL", "NL", "EUR", "Europe/Berlin", date(2015, 7, 1))
    (finding,) = found_in(revenue_of(SOUND), entities=(left,))
    assert (finding.severity, finding.check) == ("warning", "configured")
    assert "from 2010-01-01 until 2015-06-01" in finding.message
    assert "from 2015-07-01," in found_in(revenue_of(SOUND), entities=(later,))[0].message


def test_an_unconfigured_entity_fails() -> None:
    assert severities(found_in(revenue_of(SOUND), entities=())) == [("NL", "critical", "configured")]


def test_an_entity_frozen_twice_fails_because_its_money_would_count_twice() -> None:
    assert severities(found_in(revenue_of(SOUND), revenue_of(SOUND))) == [("NL", "critical", "snapshot")]


def test_the_fault_of_an_entity_is_repeated_word_for_word_and_nothing_else_is_said_of_it() -> None:
    not_closed = EntityRevenue("NL", (SOUND._replace(term_months=0),), (), (), (), "month 2015-06 not closed")
    unread = EntityRevenue("NL", (), (), (), (), "no such table: program_mrr_line")
    assert found_in(not_closed) == [Finding("NL", "critical", "close", "month 2015-06 not closed")]
    assert found_in(unread) == [Finding("NL", "critical", "read", "no such table: program_mrr_line")]


def test_nothing_frozen_where_the_close_names_lines_fails() -> None:
    (finding,) = found_in(revenue_of(declared=3))
    assert (finding.severity, finding.check, finding.count) == ("critical", "empty", 3)


def test_an_entity_closed_with_zero_lines_is_only_noted() -> None:
    assert severities(found_in(revenue_of(declared=0))) == [("NL", "info", "zero_lines")]


def test_zero_rows_without_any_close_are_not_zero_revenue() -> None:
    assert severities(found_in(EntityRevenue("NL", (), (), (), ()))) == [("NL", "critical", "closed")]


@pytest.mark.parametrize("column", ["account_id", "currency", "charge_kind", "document_status"])
@pytest.mark.parametrize("value", [None, "", " \t", float("nan"), 7])
def test_a_key_that_is_not_given_fails_the_entity(column: str, value: object) -> None:
    (finding,) = found_in(revenue_of(SOUND, SOUND._replace(**{column: value})))  # type: ignore[arg-type]
    assert (finding.severity, finding.check, finding.count) == ("critical", f"{column}_given", 1)
    assert len(finding.examples) == 1


@pytest.mark.parametrize("column", ["term_months", "covered_days", "lines", "net_amount_minor"])
@pytest.mark.parametrize("value", [None, "3", 3.0, float("nan"), float("inf"), True, 2**63, b"3"])
def test_a_number_that_is_not_a_whole_number_of_64_bits_fails_the_entity(column: str, value: Any) -> None:
    if (column, value) == ("covered_days", None):
        return  # it says that lines of other days are added up too
    (finding,) = found_in(revenue_of(SOUND._replace(**{column: value})))
    assert (finding.severity, finding.check) == ("critical", f"{column}_whole")


ADDED_UP = without_days(SOUND)


@pytest.mark.parametrize("value", [None, "3", 3.0, True, 2**63, -(2**63)])
def test_a_sum_of_amounts_times_days_that_no_column_holds_fails_the_entity(value: Any) -> None:
    (finding,) = found_in(revenue_of(ADDED_UP._replace(minor_days=value)))
    assert (finding.severity, finding.check) == ("critical", "minor_days_whole")


@pytest.mark.parametrize(
    ("group", "is_sound"),
    [
        (ADDED_UP._replace(net_amount_minor=10, minor_days=10), True),  # a day each
        (ADDED_UP._replace(net_amount_minor=10, minor_days=9), False),
        (ADDED_UP._replace(net_amount_minor=10, minor_days=300), True),  # the whole month
        (ADDED_UP._replace(net_amount_minor=10, minor_days=301), False),
        (ADDED_UP._replace(net_amount_minor=0, minor_days=0), True),
        (ADDED_UP._replace(net_amount_minor=10, minor_days=10, way=THIS_PERIOD, period_days=40), True),
        (ADDED_UP._replace(net_amount_minor=10, minor_days=301, way=THIS_PERIOD, period_days=40), False),
        (ADDED_UP._replace(net_amount_minor=10, minor_days=9, way=PIECE_OF_TERM), True),  # of the price of the term
        (ADDED_UP._replace(charge_kind="credit", net_amount_minor=10, minor_days=3_000), True),  # of either sign
        (ADDED_UP._replace(charge_kind="usage", net_amount_minor=10, way=NO_SHARE, minor_days=0), True),
        (ADDED_UP._replace(charge_kind="usage", net_amount_minor=10, way=NO_SHARE, minor_days=300), False),
        (ADDED_UP._replace(charge_kind="setup", net_amount_minor=10, minor_days=7_000), True),  # never counts
    ],
)
def test_amounts_times_days_that_no_lines_of_the_month_have_fail_the_entity(group: MrrGroup, is_sound: bool) -> None:
    found = found_in(revenue_of(group))
    assert [finding.check for finding in found] == ([] if is_sound else ["minor_days"])


def test_the_period_of_a_line_that_never_counts_does_not_matter() -> None:
    setup = SOUND._replace(charge_kind="setup", term_months=None)  # type: ignore[arg-type]
    draft = SOUND._replace(document_status="draft", account_id="", covered_days=-4)
    assert found_in(revenue_of(SOUND, setup, draft)) == []


def test_the_amount_of_a_line_that_never_counts_matters_because_it_is_in_a_bucket() -> None:
    tax = SOUND._replace(charge_kind="tax", net_amount_minor=float("nan"))  # type: ignore[arg-type]
    assert severities(found_in(revenue_of(SOUND, tax))) == [("NL", "critical", "net_amount_minor_whole")]


def test_many_groups_at_fault_are_counted_and_twenty_are_named() -> None:
    (finding,) = found_in(revenue_of(*[SOUND._replace(account_id="", lines=n) for n in range(100)]))
    assert (finding.count, len(finding.examples)) == (100, 20)


def test_a_faulty_line_is_a_warning_that_names_line_account_and_column_but_not_the_value() -> None:
    line = FaultyLine("L-1", "A9", "EUR", "recurring", "posted", None, "net_amount_minor", "Jane Doe", "a whole number")
    (finding,) = found_in(revenue_of(SOUND, lines=(line,)))
    assert (finding.severity, finding.check) == ("warning", "faulty_net_amount_minor")
    assert finding.examples == ("line L-1, account A9",)
    assert "Jane" not in finding.message


def test_a_faulty_line_without_an_account_says_that_it_holds_nobody() -> None:
    line = FaultyLine("L-1", "", "EUR", "recurring", "posted", 5, "account_id", "NULL", "an account")
    checks = severities(found_in(revenue_of(SOUND, lines=(line,))))
    assert checks == [("NL", "warning", "faulty_account_id"), ("NL", "warning", "faulty_without_account")]


def test_a_missing_exchange_rate_is_a_warning_that_names_currency_and_accounts_once() -> None:
    groups = [SOUND, SOUND._replace(currency="USD")]
    groups += [SOUND._replace(currency="SEK", account_id=account, lines=n) for n in (1, 2) for account in ("A2", "A3")]
    (finding,) = found_in(revenue_of(*groups))
    assert (finding.severity, finding.check, finding.count) == ("warning", "exchange_rate", 2)
    assert finding.examples == ("account A2", "account A3")
    assert "SEK in 2015-06" in finding.message


def test_a_total_that_no_company_bills_fails_the_entity() -> None:
    groups = [SOUND._replace(account_id=f"A{n}", net_amount_minor=2**62) for n in range(4)]
    assert severities(found_in(revenue_of(*groups))) == [("NL", "critical", "magnitude")]


def test_fewer_than_half_of_last_months_lines_are_a_warning_and_exactly_half_are_not() -> None:
    (finding,) = found_in(revenue_of(SOUND), previous={"NL": CountedTotals(7, (("EUR", 1),))})
    assert (finding.severity, finding.check) == ("warning", "row_count")
    assert found_in(revenue_of(SOUND), previous={"NL": CountedTotals(6, (("EUR", 1),))}) == []


def test_the_same_data_as_last_month_is_a_warning() -> None:
    revenue = revenue_of(SOUND)
    assert severities(found_in(revenue, previous={"NL": counted_totals(revenue)})) == [
        ("NL", "warning", "same_as_last_month")
    ]


def test_two_months_without_lines_are_not_reported_as_equal() -> None:
    assert severities(found_in(revenue_of(declared=0), previous={"NL": CountedTotals(0, ())})) == [
        ("NL", "info", "zero_lines")
    ]


US = Entity("US", "Example Hosting Inc.", "US", "USD", "Europe/Amsterdam", date(2010, 1, 1))


def test_a_critical_finding_of_one_entity_hides_no_warning_of_another() -> None:
    faulty, sound = revenue_of(SOUND._replace(account_id="")), replace(revenue_of(SOUND), entity="US")
    previous = {"NL": counted_totals(faulty), "US": counted_totals(sound)}
    for revenues in ([faulty, sound], [sound, faulty]):
        found = severities(found_in(*revenues, entities=(NL, US), previous=previous))
        assert sorted(found) == [("NL", "critical", "account_id_given"), ("US", "warning", "same_as_last_month")]


def test_a_warning_of_an_entity_hides_no_other_of_it() -> None:
    line = FaultyLine("L-1", "A9", "EUR", "recurring", "posted", 5, "term_months", "0", "a whole number from 1")
    revenue = revenue_of(SOUND, lines=(line,))
    assert severities(found_in(revenue, previous={"NL": counted_totals(revenue)})) == [
        ("NL", "warning", "faulty_term_months"),
        ("NL", "warning", "same_as_last_month"),
    ]


@pytest.mark.parametrize(
    "never_counts", [{"charge_kind": "setup"}, {"charge_kind": "tax"}, {"document_status": "void"}]
)
def test_a_line_that_never_counts_needs_no_exchange_rate(never_counts: dict[str, str]) -> None:
    in_kroner = SOUND._replace(currency="SEK", **never_counts)  # type: ignore[arg-type]
    assert found_in(revenue_of(SOUND, in_kroner)) == []


@pytest.mark.parametrize(
    "came_out",
    [
        {"groups": (SOUND,)},
        {"faulty_lines": (FaultyLine("L-1", "A9", "EUR", "recurring", "posted", 5, "term_months", "0", "one"),)},
        {"closes": (PeriodClose("EUR", 3, 30000),)},
        {"reseller_accounts": ("A1",)},
    ],
    ids=lambda each: next(iter(each)),
)
def test_a_fault_after_anything_was_read_is_one_of_the_close(came_out: dict[str, Any]) -> None:
    revenue = replace(EntityRevenue("NL", (), (), (), (), "control total differs"), **came_out)
    assert severities(found_in(revenue)) == [("NL", "critical", "close")]


def test_a_comparison_with_last_month_says_how_many_lines_there_are_and_were() -> None:
    two = SOUND._replace(lines=2)
    assert found_in(revenue_of(two), previous={"NL": CountedTotals(5, ())}) == [
        Finding("NL", "warning", "row_count", "2 counted lines, less than 50 % of last month's 5", 2)
    ]
    assert found_in(revenue_of(SOUND), previous={"NL": counted_totals(revenue_of(SOUND))}) == [
        Finding(
            "NL",
            "warning",
            "same_as_last_month",
            "3 lines and all totals are equal to last month's: is it the same data again?",
            3,
        )
    ]


def test_of_many_lines_one_less_than_half_is_a_warning() -> None:
    many = SOUND._replace(lines=499)
    assert severities(found_in(revenue_of(many), previous={"NL": CountedTotals(999, ())})) == [
        ("NL", "warning", "row_count")
    ]
    assert found_in(revenue_of(many), previous={"NL": CountedTotals(998, ())}) == []


def test_the_largest_total_that_a_company_may_bill_is_that_of_each_currency_by_itself() -> None:
    at_limit = [SOUND._replace(net_amount_minor=amount) for amount in (LARGEST_TOTAL_MINOR - 1, -1)]
    other = SOUND._replace(currency="USD", net_amount_minor=LARGEST_TOTAL_MINOR)
    assert found_in(revenue_of(*at_limit, other)) == []
    above = SOUND._replace(currency="USD", net_amount_minor=1)
    assert found_in(revenue_of(*at_limit, other, above)) == [
        Finding("NL", "critical", "magnitude", "amounts in USD add up to more than any company bills")
    ]


def every(*findings: tuple[str, str, str, int, tuple[str, ...]], entity: str = "NL") -> list[Finding]:
    return [
        Finding(entity, severity, check, message, count, examples)  # type: ignore[arg-type]
        for severity, check, message, count, examples in findings
    ]


def test_what_is_missing_or_too_much_is_told_in_words() -> None:
    twice = found_in(revenue_of(SOUND), revenue_of(SOUND))
    assert twice == every(("critical", "snapshot", "frozen 2 times for month 2015-06", 1, ()))
    assert found_in() == every(("critical", "snapshot", "nothing was frozen for month 2015-06", 1, ()))
    unknown = found_in(revenue_of(SOUND), entities=())
    assert unknown == every(("critical", "configured", "not an entity of the registry", 1, ()))
    left = replace(NL, left_on=date(2015, 6, 1))
    told = "belongs to the company from 2010-01-01 until 2015-06-01, not in month 2015-06"
    assert found_in(revenue_of(SOUND), entities=(left,)) == every(("warning", "configured", told, 1, ()))


def test_an_empty_month_is_told_by_its_close() -> None:
    unclosed = found_in(EntityRevenue("NL", (), (), (), ()))
    assert unclosed == every(("critical", "closed", "no close of month 2015-06 was frozen", 1, ()))
    lost = "no line was frozen, the close of month 2015-06 names 1 line"
    assert found_in(revenue_of(declared=1)) == every(("critical", "empty", lost, 1, ()))
    closed = "closed month 2015-06 with zero lines"
    assert found_in(revenue_of(declared=0)) == every(("info", "zero_lines", closed, 0, ()))
    line = FaultyLine("L-1", "A9", "EUR", "recurring", "posted", 5, "term_months", "0", "a whole number")
    assert severities(found_in(revenue_of(lines=(line,)))) == [("NL", "warning", "faulty_term_months")]


def test_groups_and_lines_at_fault_are_told_with_what_was_expected() -> None:
    wrong = SOUND._replace(account_id="A2", covered_days="3")  # type: ignore[arg-type]
    blank = SOUND._replace(currency=" ", lines="3")  # type: ignore[arg-type]
    assert found_in(revenue_of(SOUND, wrong, blank)) == every(
        ("critical", "currency_given", "currency is missing or blank in 1 group of lines", 1, (BLANK_KEY,)),
        ("critical", "covered_days_whole", "covered_days is no whole number in 1 group of lines", 1, (WRONG_KEY,)),
        ("critical", "lines_whole", "lines is no whole number in 1 group of lines", 1, (BLANK_KEY,)),
    )
    faulty = FaultyLine("L-1\n", "", "EUR", "recurring", "posted", 5, "account_id\n", "NULL", "an\taccount")
    told = "2 lines at fault in account_id\N{REPLACEMENT CHARACTER}, expected an\N{REPLACEMENT CHARACTER}account"
    named = "line L-1\N{REPLACEMENT CHARACTER}"
    nobody = "2 faulty lines without an account: nobody can be held for it"
    assert found_in(revenue_of(SOUND, lines=(faulty, faulty))) == every(
        ("warning", "faulty_account_id\N{REPLACEMENT CHARACTER}", told, 2, (f"{named}, account (blank)",) * 2),
        ("warning", "faulty_without_account", nobody, 2, (named,) * 2),
    )


BLANK_KEY, WRONG_KEY = "account A1, (blank), recurring", "account A2, EUR, recurring"


def test_accounts_without_a_rate_are_counted_and_twenty_are_named() -> None:
    many = [SOUND._replace(currency="SEK", account_id=f"A{number:02}") for number in range(21)]
    told = "no exchange rate for SEK in 2015-06: holds 21 accounts"
    names = tuple(f"account A{number:02}" for number in range(20))
    assert found_in(revenue_of(*many)) == every(("warning", "exchange_rate", told, 21, names))


def test_an_entity_at_fault_hides_nothing_of_the_next_one() -> None:
    unread = EntityRevenue("US", (), (), (), (), "no such table")
    checks = severities(found_in(unread, revenue_of(declared=3), entities=(NL, US)))
    assert checks == [("US", "critical", "read"), ("NL", "critical", "empty")]


def test_the_largest_number_of_64_bits_is_whole() -> None:
    assert found_in(revenue_of(SOUND._replace(covered_days=2**63 - 1))) == []
