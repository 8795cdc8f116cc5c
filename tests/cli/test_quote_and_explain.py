"""`quote`: the fees of an order in the contract's JSON, from the rate in force on its day."""

import pytest

from tests.cli.command_line import words

QUOTE = {"--on": "2015-08-01", "--monthly": "100", "--setup": "50", "--term": "12"}


def test_json_has_the_fees_in_cents_the_steps_in_basis_points_and_the_day_of_the_rate(settled):
    answer = settled("quote", "P1", *words(QUOTE, **{"--promo": "5"}), "--format", "json")

    assert (answer.status, answer.stderr) == (0, "")
    assert answer.json == {
        "monthly_fee_cents": 75_00,
        "setup_fee_cents": 32_50,
        "steps": [
            {"component": "monthly_fee", "rule": "tier 3", "bp": 1000},
            {"component": "monthly_fee", "rule": "promotion", "bp": 500},
            {"component": "monthly_fee", "rule": "prepayment of 12 months", "bp": 1000},
            {"component": "setup_fee", "rule": "tier 3", "bp": 3500},
        ],
        "rate_valid_from": "2015-07-27",
    }


def test_half_a_cent_is_rounded_up_once_at_the_end(settled):
    halves = words(QUOTE, **{"--monthly": "0.10", "--setup": "0.10", "--term": "1"})

    # P2's legacy 30 % leave 0.07; tier 3 of P1 leaves 0.09 and, of the setup fee, 0.065
    assert settled("quote", "P2", *halves, "--format", "json").json["monthly_fee_cents"] == 7
    assert settled("quote", "P1", *halves, "--format", "json").json["setup_fee_cents"] == 7


def test_a_legacy_discount_above_the_cap_stays_and_is_named(settled):
    answer = settled("quote", "P2", *words(QUOTE, **{"--term": "1"}), "--format", "json").json

    assert answer["monthly_fee_cents"] == 70_00
    assert answer["steps"][0] == {"component": "monthly_fee", "rule": "legacy agreement", "bp": 3000}


def test_the_text_shows_each_step_and_both_fees_in_euros(settled):
    answer = settled("quote", "P1", *words(QUOTE))

    assert (answer.status, answer.stderr) == (0, "")
    assert "tier 3" in answer.stdout
    assert "monthly fee 80.00 EUR, list 100.00" in answer.stdout
    assert "setup fee 32.50 EUR, list 50.00" in answer.said
    assert answer.stdout.endswith("service level Gold, for the life of the service\n")


@pytest.mark.parametrize(
    ("partner_id", "day", "why"),
    [
        ("P4", "2015-08-01", "partner P4 is applied: only authorised partners get the programme's rates"),
        ("P1", "2015-07-26", "no rule in force on 2015-07-26"),
        ("P3", "2015-08-01", "partner P3 has no rate on 2015-08-01"),
    ],
)
def test_a_partner_without_a_rate_on_the_day_gets_no_price(settled, partner_id, day, why):
    answer = settled("quote", partner_id, *words(QUOTE, **{"--on": day}))

    assert (answer.status, answer.stdout) == (1, "")
    assert why in answer.stderr


@pytest.mark.parametrize(("term", "status"), [("1", 1), ("3", 0)])
def test_a_private_rack_has_no_term_of_one_month(settled, term, status):
    answer = settled("quote", "P1", *words(QUOTE, **{"--term": term, "--product": "private_rack"}))

    assert answer.status == status


def test_shortening_a_year_to_three_months_costs_seven_and_a_half_points(settled):
    shortened = words(QUOTE, **{"--term": "3", "--shortened-from": "12"})

    # list 100 - 10 (tier 3) - 2.5 (3 months) + 7.5
    assert settled("quote", "P1", *shortened, "--format", "json").json["monthly_fee_cents"] == 95_00


def test_explain_in_json_gives_what_counted_the_rule_and_the_rate(settled):
    answer = settled("explain", "P1", "2015-06", "--format", "json")
    counted = [line for line in answer.json["lines"] if line["bucket"] == "counted"]

    assert (answer.status, answer.stderr) == (0, "")
    assert [(line["entity"], line["net_amount_minor"]) for line in counted] == [("NL", 2_500_00)]
    assert answer.json["band"] == {"tier": 2, "from_mrr_cents": 2_000_00, "below_cents": 5_000_00}
    assert [grant["tier"] for grant in answer.json["grants"]] == [3]
    assert answer.json["result"]["monthly_fee_discount_bp"] == 1000


def test_explain_in_words_says_the_amount_the_band_and_the_grant(settled):
    said = settled("explain", "P1", "2015-06").said

    assert "株式会社 <b>" in said
    assert "total 2,500.00 EUR: tier 2, from 2,000.00 up to 5,000.00" in said
    assert "grant G1: tier 3, 2015-07-01 until 2015-10-01: open" in said


def test_explain_of_a_held_partner_says_why(settled):
    assert "held: entity US: month 2015-06 not closed" in settled("explain", "P3", "2015-06").stdout


def test_explain_of_a_partner_that_was_not_authorised_is_refused(settled):
    answer = settled("explain", "P4", "2015-06")

    assert (answer.status, answer.stdout) == (1, "")
    assert "not authorised when the month ran" in answer.stderr


def test_a_partner_is_told_in_its_language_and_a_held_one_without_a_word_for_staff(settled):
    told = settled("explain", "P1", "2015-06", "--for", "partner", "--language", "nl")
    assert (told.status, told.stderr) == (0, "")
    assert told.stdout.startswith("Uw partnerniveau en de reden: juni 2015\n\n")
    held = settled("explain", "P3", "2015-06", "--for", "partner", "--format", "json").json
    assert (held["status"], held["language"]) == ("held", "en")
    assert settled("explain", "P1", "2015-06", "--for", "partner", "--format", "html").stdout.startswith("<!doctype")


@pytest.mark.parametrize(
    "options",
    [("--format", "html"), ("--language", "nl"), ("--for", "partner", "--lines"), ("--for", "partner", "--all")],
)
def test_what_is_for_the_receipt_or_for_the_partner_alone_is_wrong_usage_elsewhere(settled, options):
    assert settled("explain", "P1", "2015-06", *options).status == 2


def test_a_language_without_words_is_refused_with_those_there_are(settled):
    answer = settled("explain", "P1", "2015-06", "--for", "partner", "--language", "fr")
    assert answer.status == 1
    assert "language fr: there is no such catalogue, expected de, en, nl" in answer.said


def test_status_pages_need_their_key(settled, tmp_path):
    answer = settled("status", "export", "--to", str(tmp_path / "to"))
    assert (answer.status, list(tmp_path.iterdir())) == (1, [])
    assert "connection status_pages needs a password" in answer.said
