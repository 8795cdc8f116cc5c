from partner_program.domain.findings import Finding, entity_faults, group_key, in_reading_order, one_line, worst
from tests.domain.made_month import line


def test_an_entity_fails_for_all_its_critical_findings_in_one_reason() -> None:
    findings = [
        Finding("US", "critical", "term", "term_months must be at least 1"),
        Finding("US", "warning", "exchange_rate", "no exchange rate for SEK"),
        Finding("US", "critical", "empty", "no line was frozen"),
        Finding("NL", "warning", "row_count", "3 counted lines"),
    ]
    assert entity_faults(findings) == {"US": "term_months must be at least 1; no line was frozen"}


def test_a_fault_that_the_revenue_carries_is_not_given_as_a_second_reason() -> None:
    findings = [Finding("UK", "critical", "read", "no such table"), Finding("DE", "critical", "close", "not closed")]
    assert entity_faults(findings) == {}


def test_findings_read_by_entity_with_the_worst_first() -> None:
    info, warning = Finding("NL", "info", "zero_lines", "a"), Finding("NL", "warning", "row_count", "b")
    critical, other = Finding("NL", "critical", "term", "c"), Finding("DE", "info", "zero_lines", "d")
    assert in_reading_order([info, warning, critical, other]) == [other, critical, warning, info]
    assert worst([info, warning]) == "warning"
    assert worst([]) is None


def test_a_value_from_outside_is_shown_on_one_bounded_line() -> None:
    assert one_line("A\n\x1b[31m1") == "A\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}[31m1"
    assert len(one_line("x" * 10_000_000)) == 63
    assert one_line(" ") == "(blank)"
    assert one_line(None) == "None"


def test_a_value_of_just_the_length_that_is_shown_is_whole() -> None:
    assert [one_line("x" * length)[-4:] for length in (60, 61)] == ["xxxx", "x..."]
    assert one_line(7.5) == "7.5"


def test_a_group_of_lines_is_named_by_its_key_without_the_amount() -> None:
    assert group_key(line(123_45, account_id="A1\n", currency="USD", kind="usage")) == (
        "account A1\N{REPLACEMENT CHARACTER}, USD, usage"
    )
