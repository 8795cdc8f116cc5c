"""Wrong usage is refused before anything is read or written: status 2, usage on stderr, nothing on stdout."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.cli.command_line import words

QUOTE = {"--on": "2015-08-01", "--monthly": "100", "--setup": "50", "--term": "12"}
GRANT = {"--tier": "3", "--from": "2015-09-01", "--until": "2015-12-01", "--by": "pat", "--reason": "growth"}
CLOSE = {"--currency": "EUR", "--lines": "1", "--total": "250000", "--by": "finance"}
NO_AMOUNTS = ["1,000.00", "1e5", "-1", "+1", "\N{ARABIC-INDIC DIGIT ONE}00", "100.001", "1_000", "nan", "", " 100"]
NO_DAYS = [
    "20150803",
    "2015-W32-1",
    "2015-8-3",
    "2015-02-30",
    "03-08-2015",
    "today",
    "\N{ARABIC-INDIC DIGIT TWO}015-08-03",
]
NO_MONTHS = [
    "2015-13",
    "2015-7",
    "2015-00",
    "201507",
    "July 2015",
    "2015-07-01",
    "\N{ARABIC-INDIC DIGIT TWO}015-07",
    "",
]


def refused_as_usage(answer, *said):
    assert answer.status == 2
    assert answer.body == b""
    assert "Usage: partner-program" in answer.stderr
    for word in said:
        assert word in answer.stderr


@pytest.mark.parametrize("month", NO_MONTHS)
@pytest.mark.parametrize("command", ["run", "register"])
def test_a_month_is_written_as_four_digits_a_dash_and_two(settled, command, month):
    refused_as_usage(settled(command, month), "expected YYYY-MM, as in 2015-06")


@pytest.mark.parametrize("day", NO_DAYS)
def test_a_day_is_written_as_year_month_and_day_with_dashes(settled, day):
    refused_as_usage(settled("run", "2015-07", "--effective-on", day), "expected YYYY-MM-DD", "as in 2015-07-27")


@pytest.mark.parametrize("option", ["--monthly", "--setup"])
@pytest.mark.parametrize("amount", NO_AMOUNTS)
def test_an_amount_is_digits_with_at_most_two_decimals(settled, option, amount):
    refused_as_usage(settled("quote", "P1", *words(QUOTE, **{option: amount})), option, "as in 1999.99")


@pytest.mark.parametrize("option", ["--website", "--promo"])
@pytest.mark.parametrize("percent", ["101", "100.01", "-5", "5%", "2,5", "1e1"])
def test_a_discount_is_a_percentage_up_to_100(settled, option, percent):
    refused_as_usage(settled("quote", "P1", *words(QUOTE, **{option: percent})), option, "percentage")


@pytest.mark.parametrize("term", ["0", "-1", "1.5", "1_2", "\N{ARABIC-INDIC DIGIT ONE}", "twelve"])
def test_a_term_is_a_whole_number_of_months(settled, term):
    refused_as_usage(settled("quote", "P1", *words(QUOTE, **{"--term": term})), "expected a whole number")


@pytest.mark.parametrize("tier", ["0", "-1", "3.0", "Gold", "07"])
def test_a_grant_is_of_a_tier_from_1_on(settled, tier):
    refused_as_usage(settled("grant", "P1", *words(GRANT, **{"--tier": tier})), "expected a whole number from 1")


def test_a_grant_to_a_tier_that_the_programme_of_its_first_day_lacks_is_refused_by_that_rule(settled):
    answer = settled("grant", "P1", *words(GRANT, **{"--tier": "7"}))
    assert (answer.status, answer.body) == (1, b"")
    assert "tier 7 from 2015-09-01 is not in the programme of that day" in answer.stderr
    assert "expected a tier from 1 to 6 (2015-07-27.yaml)" in answer.stderr


@pytest.mark.parametrize("option", ["--by", "--reason"])
def test_a_grant_says_who_granted_it_and_why(settled, option):
    refused_as_usage(settled("grant", "P1", *words(GRANT, **{option: "  "})), option, "expected a text")


@pytest.mark.parametrize("option", ["--by", "--reason"])
def test_a_release_of_the_brake_says_who_looked_and_why(settled, option):
    asked = words({"--reason": "large partner left", "--by": "pat"}, **{option: " "})

    refused_as_usage(settled("brake", "release", "2015-06", *asked), option, "expected a text")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--currency", "euro"),
        ("--currency", "eur"),
        ("--lines", "-1"),
        ("--lines", "1_0"),
        ("--total", "2,500.00"),
        ("--total", "2500.00"),
        ("--total", "1e5"),
        ("--total", "\N{ARABIC-INDIC DIGIT ONE}"),
        ("--by", ""),
    ],
)
def test_a_close_is_recorded_in_whole_numbers_a_currency_and_a_name(settled, option, value):
    refused_as_usage(settled("close", "record", "NL", "2015-06", *words(CLOSE, **{option: value})), option)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--remove", "account_links.csv:P1/NL/A1", "--by", "pat"], "--remove needs --by NAME and --reason TEXT"),
        (["--remove", "account_links.csv:P1/NL/A1", "--reason", "x"], "--remove needs --by NAME and --reason TEXT"),
        (["--remove", "P1/NL/A1", "--by", "pat", "--reason", "x"], "expected FILE:KEY"),
        (["--remove", "account_links.csv:", "--by", "pat", "--reason", "x"], "expected FILE:KEY"),
        (["--remove", "account_link.csv:P1", "--by", "pat", "--reason", "x"], "did you mean account_links.csv?"),
        (["--remove", "contacts.csv:P1", "--by", "pat", "--reason", "x"], "expected FILE:KEY"),
    ],
)
def test_a_removal_names_a_row_of_a_file_and_who_and_why(settled, tmp_path, asked, said):
    refused_as_usage(settled("load", tmp_path, *asked), said)


@pytest.mark.parametrize(
    "typed",
    [
        ["nonsense"],
        ["run"],
        ["register", "2015-06", "--format", "yaml"],
        ["quote", "P1"],
        ["brake", "release", "2015-06"],
        ["load", "/nowhere"],
        ["application", "check", "/nowhere.yaml"],
        ["run", "2015-06", "--program", "/nowhere.yaml"],
    ],
    ids=" ".join,
)
def test_an_unknown_command_or_a_missing_argument_is_wrong_usage(settled, typed):
    refused_as_usage(settled(*typed))


def test_a_month_that_lies_ahead_is_refused(partner_program):
    answer = partner_program("run", "2999-01")

    assert (answer.status, answer.stdout) == (1, "")
    assert "month 2999-01 has not ended: it ends on 2999-01-31" in answer.stderr


def test_the_month_we_are_in_is_refused(partner_program):
    this_month = f"{datetime.now(ZoneInfo('Europe/Amsterdam')):%Y-%m}"

    answer = partner_program("run", this_month)

    assert answer.status == 1
    assert f"month {this_month} has not ended" in answer.stderr


@pytest.mark.parametrize("day", ["2015-06-30", "2015-06-01", "2014-12-31"])
def test_an_effective_date_before_the_months_end_is_refused(partner_program, day):
    answer = partner_program("run", "2015-06", "--effective-on", day)

    assert answer.status == 1
    assert "month 2015-06 ends on 2015-06-30; choose a day after it" in answer.stderr


def test_rates_before_the_programmes_first_day_are_refused(partner_program):
    answer = partner_program("run", "2015-06", "--effective-on", "2015-07-26")

    assert answer.status == 1
    assert "no rule in force on 2015-07-26: the first programme file begins on 2015-07-27" in answer.stderr


def test_a_month_that_is_history_only_takes_no_effective_date(partner_program):
    answer = partner_program("run", "2015-06", "--history", "--effective-on", "2015-07-27")

    assert answer.status == 1
    assert "history only has no effective date" in answer.stderr


def test_a_refused_run_leaves_the_database_as_it_was(partner_program, world):
    before = world.fingerprint()

    for typed in (["2999-01"], ["2015-06", "--effective-on", "2015-06-30"], ["2015-13"]):
        assert partner_program("run", *typed).status != 0

    assert world.fingerprint() == before
    assert world.written() == {}


@pytest.mark.parametrize(
    "typed",
    [
        ["quote", "P9", *words(QUOTE)],
        ["explain", "P9", "2015-06"],
        ["grant", "P9", *words(GRANT)],
    ],
    ids=["quote", "explain", "grant"],
)
def test_an_unknown_partner_is_refused_by_its_id(settled, typed):
    answer = settled(*typed)

    assert (answer.status, answer.stdout) == (1, "")
    assert "partner P9 is not in the registry" in answer.stderr


@pytest.mark.parametrize("typed", [["check", "XX", "2015-06"], ["record", "XX", "2015-06", *words(CLOSE)]])
def test_an_unknown_entity_is_refused_with_the_known_ones(settled, typed):
    answer = settled("close", *typed)

    assert (answer.status, answer.stdout) == (1, "")
    assert "entity XX is not in the registry: it has NL, US" in answer.stderr


@pytest.mark.parametrize("until", ["2015-09-01", "2015-08-31"])
def test_a_grant_that_covers_no_day_is_refused(settled, until):
    answer = settled("grant", "P1", *words(GRANT, **{"--until": until}))

    assert answer.status == 1
    assert "`--until` is the first day after it" in answer.stderr


def test_a_term_without_a_rule_is_refused_with_the_terms_that_have_one(settled):
    answer = settled("quote", "P1", *words(QUOTE, **{"--term": "5"}))

    assert answer.status == 1
    assert "a term of 5 months is not defined: the programme has 1, 3, 6, 12, 24, 36 months" in answer.stderr


@pytest.mark.parametrize("command", [["register"], ["explain", "P1"]])
def test_a_month_that_was_not_assessed_is_refused_with_the_command_that_assesses_it(settled, command):
    answer = settled(*command, "2015-07")

    assert (answer.status, answer.stdout) == (1, "")
    assert "month 2015-07 is not assessed: run `partner-program run 2015-07`" in answer.stderr
