from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.completeness import completeness_findings
from partner_program.domain.findings import Finding
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import (
    CountedTotals,
    EntityRevenue,
    FaultyLine,
    MrrGroup,
    PeriodClose,
    counted_totals,
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
    (finding,) = found_in(revenue_of(SOUND._replace(**{column: value})))
    assert (finding.severity, finding.check) == ("critical", f"{column}_whole")


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
