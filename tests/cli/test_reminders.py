"""`reminders show`: what ends or is due for each partner manager, as the lists of each kind say it."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.disputes import Subject
from partner_program.usecases.benefits import Asked, Granted, Said, approve_benefit, request_benefit
from partner_program.usecases.disputes import open_dispute
from partner_program.usecases.reminders import gather_reminders
from tests.cli.command_line import CommandLine
from tests.cli.conftest import command_line, moved
from tests.usecases.three_partners import june_in_force
from tests.worlds import World

YEAR = {"service_start": "2014-09-01", "service_end": "2015-09-01", "term_months": 12}
ON = "2015-08-02"  # 1 September is the 30th day after it
Seen = tuple[World, CommandLine]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What is overdue, and ends or is due on 1 and 2 September, of M1's P1 and P3; of M2's P2 a contract alone."""
    world = World(tmp_path_factory.mktemp("reminders"))
    june_in_force(world)
    world._add("account_managers", account_manager_id="M2", name="Bo", email="bo@host.example", phone="")
    world._add("account_managers", account_manager_id="M3", name="Kim", email="kim@host.example", phone="")
    world.tables["partners"][1]["account_manager_id"] = "M2"
    world.grant("G1", "P1", 3, "2015-08-01", "2015-09-01")
    world.grant("G2", "P3", 3, "2015-08-01", "2015-09-02")
    world.bill("A1", "2014-09", 1_200_00, **YEAR, line_id="ENDS", service_id="S1")
    world.bill("A1", "2014-09", 2_400_00, **YEAR, line_id="RENEWED", service_id="S2")
    again = YEAR | {"service_start": "2015-09-01", "service_end": "2016-09-01"}
    world.bill("A1", "2015-09", 2_400_00, **again, line_id="NEXT", service_id="S2")
    later = YEAR | {"service_end": "2015-09-02", "product": "red\x1b[31m"}
    world.bill("A3", "2014-09", 1_200_00, **later, line_id="LATER", service_id="S3")
    world.bill("A9", "2014-09", 1_200_00, **YEAR, line_id="NOBODY", service_id="S4")
    world.bill("B2", "2014-09", 1_200_00, entity="US", **YEAR, line_id="ABROAD", service_id="S5")
    world.load()
    here, said = world.installation, Said("kim", "tests", date(2015, 7, 31))
    for name, until in (("B-ENDS", date(2015, 9, 1)), ("B-LATER", date(2015, 9, 2))):
        asked = Asked("P1", "seeding_options", date(2015, 8, 1), until, quantity=2, request_id=name)
        request_benefit(here, asked, said)
        approve_benefit(here, name, Granted(), said)
    month, account = BillingMonth(2015, 6), Subject("account", "NL", "A1")
    for partner, disputed in (("P1", account), ("P3", Subject("account", "NL", "A3"))):
        day = date(2015, 7, 1) if partner == "P1" else date(2015, 8, 2)
        open_dispute(here, partner, month, disputed, by="pat", reason="an invoice is missing", today=day)
    return world, command_line(world)


def shown(run: CommandLine, *asked: str) -> Any:
    return run.must("reminders", "show", "--format", "json", "--on", ON, *asked).json


def told(found: Any) -> dict[str, list[tuple[str, str]]]:
    return {
        each["account_manager_id"]: [(one["kind"], one["subject_id"]) for one in each["reminders"]]
        for each in found["managers"]
    }


def test_each_manager_sees_what_ends_on_the_thirtieth_day_and_not_on_the_next(seen: Seen) -> None:
    found = shown(seen[1])
    assert told(found) == {
        "M1": [
            ("dispute", "P1-2015-06-1"),
            ("benefit", "B-ENDS"),
            ("contract", "NL/ENDS"),
            ("grant", "G1"),
            ("dispute", "P3-2015-06-1"),
        ],
        "M2": [("contract", "US/ABROAD")],
    }
    assert found["unowned_contracts"] == 1
    days = [each["day"] for each in found["managers"][0]["reminders"]]
    assert days == ["2015-07-31", *["2015-09-01"] * 4]


def test_one_day_more_takes_those_of_the_next_day_and_one_less_leaves_what_is_overdue(seen: Seen) -> None:
    within = {days: told(shown(seen[1], "--due", days)) for days in ("29", "30", "31")}
    assert within["29"] == {"M1": [("dispute", "P1-2015-06-1")]}
    later = [("benefit", "B-LATER"), ("contract", "NL/LATER"), ("grant", "G2")]
    assert within["31"] == within["30"] | {"M1": [*within["30"]["M1"], *later]}


def test_what_is_open_after_its_day_is_told_and_what_has_ended_is_not(seen: Seen) -> None:
    assert told(shown(seen[1], "--on", "2015-09-01", "--due", "1")) == {
        "M1": [
            ("dispute", "P1-2015-06-1"),
            ("grant", "G1"),
            ("dispute", "P3-2015-06-1"),
            ("benefit", "B-LATER"),
            ("contract", "NL/LATER"),
            ("grant", "G2"),
        ]
    }


def test_one_manager_alone_sees_their_own_and_an_unknown_one_is_refused(seen: Seen) -> None:
    _, run = seen
    every = told(shown(run))
    for manager in ("M1", "M2"):
        assert told(shown(run, "--manager", manager)) == {manager: every[manager]}
    assert told(shown(run, "--manager", "M3")) == {}
    unknown = run("reminders", "show", "--manager", "M9")
    assert (unknown.status, unknown.stdout) == (1, "")
    assert "partner manager M9 is not in account_managers.csv, which has M1, M2, M3" in unknown.stderr


def test_people_read_a_line_for_each_with_verdict_and_offer_and_no_terminal_is_moved(seen: Seen) -> None:
    text = seen[1].must("reminders", "show", "--on", ON, "--due", "31").stdout
    for words in (
        "M1: 8 reminders\n  2015-07-31  P1 ",
        "dispute P1-2015-06-1: account NL/A1 of 2015-06: overdue by 2 days (an invoice is missing)\n",
        "benefit B-ENDS: Seeding Options, approved until 2015-09-01, 2 units\n",
        "grant G1: Tier 3 until 2015-09-01: short by 3,000.00 EUR; months left: 2015-08\n",
        "contract NL/ENDS: account A1, dedicated_server, 100.00 EUR a month, last day 2015-08-31; "
        "then, of the list price: 1 month 102 %, 3 months 97 %, 6 months 92 %\n",
        "1 contract more of accounts that are linked to no one partner: partner-program contracts ending\n",
    ):
        assert words in text
    assert "account A3, red [31m, 100.00" in text
    nothing = seen[1].must("reminders", "show", "--on", "2030-01-01", "--manager", "M3").stdout
    assert nothing == "nothing ends or is due within 30 days of 2030-01-01\n"


def test_an_entity_that_cannot_be_read_is_named_and_all_else_is_shown(seen: Seen, tmp_path: Path) -> None:
    world = moved(seen[0], tmp_path)
    run = command_line(world)
    world.bill("A1", "2014-09", -5, **YEAR, line_id="FAULTY")
    world.billing_db("US").unlink()
    answer = run("reminders", "show", "--on", ON, "--format", "json")
    assert answer.status == 1
    assert "NL: 1 line at fault, not listed: FAULTY\n" in answer.stderr
    assert "not read: US: billing database not readable" in answer.stderr
    assert list(told(answer.json)) == ["M1"]
    assert (list(answer.json["not_read"]), answer.json["faulty_lines"]) == (["US"], {"NL": ["FAULTY"]})


def test_nothing_is_written(seen: Seen) -> None:
    world, run = seen
    before = world.fingerprint()
    shown(run)
    assert world.fingerprint() == before


def test_an_older_agreement_that_ends_is_told_with_what_it_keeps(world_after_june: World, tmp_path: Path) -> None:
    world = moved(world_after_june, tmp_path)
    run = command_line(world)
    for source, ends in (("letter of 2012", "2015-09-01"), ("letter of 2013", "2015-09-02"), ("letter of 2014", "")):
        row = {"monthly_fee_discount_bp": 1250, "setup_fee_discount_bp": 0, "sla": "Gold", "benefits": "post_payment"}
        world._add("legacy_agreements", partner_id="P1", source=source, valid_from="2012-01-01", valid_to=ends, **row)
    world.load()
    (found,) = shown(run)["managers"]
    (told,) = (each for each in found["reminders"] if each["kind"] == "agreement")
    assert (told["day"], told["partner_id"], told["subject_id"]) == ("2015-09-01", "P1", "letter of 2012")
    assert told["words"] == (
        "until 2015-09-01: 12.5 % on monthly fees, service level Gold, Post Payment; "
        "then letter of 2013, letter of 2014"
    )
    day = date(2015, 9, 1)
    for since, over in ((day - timedelta(1), ["letter of 2012"]), (day, [])):
        gathered = gather_reminders(world.installation, on=day, due_days=30, ended_after=since)
        assert [each.reminder.subject_id for each in gathered.ended] == over
        assert [each.reminder.subject_id for each in gathered.soon] == ["letter of 2013"]
    world.tables["partners"][0]["status"] = "suspended"
    world.load()
    assert shown(run)["managers"] == []
