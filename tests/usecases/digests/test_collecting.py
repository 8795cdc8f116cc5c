"""Each manager is told once a week what ends, and once what has ended, whatever weeks were missed or did not arrive."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database.acts import load_acts
from partner_program.domain.acts import DIGESTS_APPROVED_BY_NOBODY, DIGESTS_SENT, Doer
from partner_program.domain.refusals import Refusal
from partner_program.usecases.benefits import Said, withdraw_benefit
from partner_program.usecases.digests.resolution import resolve_digest
from partner_program.usecases.erasure import erase_person
from tests.usecases.digest_world import (
    BOTH,
    LATER_WEEK,
    NEXT_WEEK,
    WEEK,
    YEAR,
    DigestWorld,
    digest_world,
    message,
    text_of,
)

DAY = timedelta(days=1)
SAID = Doer("robin", "looked", 1_441_000_000)


@pytest.fixture
def digests(tmp_path: Path) -> DigestWorld:
    return digest_world(tmp_path)


def test_who_has_something_to_see_to_gets_one_mail_and_the_same_again_writes_nothing(digests: DigestWorld) -> None:
    assert digests.send().outcomes == {"M1": "accepted", "M2": "accepted"}
    assert digests.told() == BOTH
    assert digests.states() == {"M1": "accepted", "M2": "accepted", "M3": "empty"}
    before = digests.world.fingerprint()
    for day in (WEEK, WEEK + 6 * DAY):
        again = digests.send(day)
        assert (again.outcomes, digests.states()) == ({}, {"M1": "accepted", "M2": "accepted", "M3": "empty"})
    assert digests.world.fingerprint() == before


def test_who_will_drop_is_told_to_the_manager_until_the_month_is_run(digests: DigestWorld) -> None:
    # In June P2 has 1,000.00 EUR of Tier 1, and its contract of 1,200.00 USD for a year counts 90.91 EUR. July has a
    # credit beside them, and for the rest what was billed for June again.
    digests.world.bill("B2", "2015-07", -715_00, entity="US", charge_kind="credit")
    digests.send()
    assert digests.told()["M2"] == {"coming": ["2015-07", "US/C2"]}
    assert digests.told()["M1"] == BOTH["M1"]
    (mail,) = [text_of(path.read_bytes()) for path in digests.files() if b"m2@host.example" in path.read_bytes()]
    assert "will drop from Tier 1 to no tier, unless 59.09 EUR more is billed than expected" in " ".join(mail.split())
    assert "> partner-program forecast 2015-07" in mail
    digests.world.close("2015-07")
    digests.world.settle("2015-07", on="2015-09-03")
    digests.send(NEXT_WEEK)
    assert "2015-07" not in str(digests.told(NEXT_WEEK)["M2"])


def test_the_mail_names_the_manager_and_has_no_amount_in_its_subject(digests: DigestWorld) -> None:
    digests.send()
    (mail,) = [message(path.read_bytes()) for path in digests.files() if b"m2@host.example" in path.read_bytes()]
    assert (mail["To"], mail["Subject"]) == (
        "m2 <m2@host.example>",
        "Authorized Reseller Partner Program: 1 reminder for the week of 31 August 2015",
    )


@pytest.mark.parametrize(("due_days", "told"), [(6, ["TUESDAY", "NL/C1"]), (7, ["TUESDAY", "NL/C1", "MONDAY"])])
def test_what_ends_on_the_last_of_the_days_is_told_and_one_day_later_is_not(
    digests: DigestWorld, due_days: int, told: list[str]
) -> None:
    digests.send(due_days=due_days)
    assert digests.told()["M1"] == {"coming": told}


def test_a_mail_that_would_be_too_large_shows_fewer_things_and_is_sent(digests: DigestWorld) -> None:
    for number in range(70):
        digests.world.bill("A1", "2014-09", 1_200_00, **YEAR, line_id=f"L{number:02}", product="ü" * 500)
    assert digests.send().outcomes["M1"] == "accepted"
    assert digests.world.rows("SELECT reminders FROM digest WHERE account_manager_id = 'M1'") == [(73,)]
    shown = len(digests.told()["M1"]["coming"])
    assert 0 < shown < 60
    assert any(f"{73 - shown} more are not shown" in text_of(path.read_bytes()) for path in digests.files())
    assert max(path.stat().st_size for path in digests.files()) < 100_000


def test_what_has_ended_is_told_once_on_the_monday_itself_too(digests: DigestWorld) -> None:
    digests.send()
    digests.send(NEXT_WEEK)
    assert digests.told(NEXT_WEEK) == {"M1": {"ended": ["TUESDAY", "NL/C1", "MONDAY"]}, "M2": {"ended": ["US/C2"]}}
    assert digests.send(LATER_WEEK).outcomes == {}
    assert set(digests.states(LATER_WEEK).values()) == {"empty"}


def test_what_ended_since_a_missed_monday_is_told_by_the_next_digest(digests: DigestWorld) -> None:
    digests.send()
    digests.send(LATER_WEEK + 2 * DAY)
    assert digests.told(LATER_WEEK) == {"M1": {"ended": ["TUESDAY", "NL/C1", "MONDAY"]}, "M2": {"ended": ["US/C2"]}}


@pytest.mark.parametrize(("first", "ended"), [(date(2015, 9, 8), True), (date(2015, 9, 9), False)])
def test_the_first_digest_looks_back_a_week(digests: DigestWorld, first: date, *, ended: bool) -> None:
    digests.send(first)
    found = digests.told(NEXT_WEEK)["M1"]["ended"]
    assert ("MONDAY" in found, "TUESDAY" in found) == (True, False)
    assert (found, digests.told(NEXT_WEEK).get("M2")) == (["MONDAY"], {"ended": ["US/C2"]} if ended else None)


def test_an_approval_that_was_withdrawn_after_it_began_is_told_as_ended(digests: DigestWorld) -> None:
    digests.send()
    withdraw_benefit(digests.here, "MONDAY", Said("kim", "given back", date(2015, 9, 3)))
    digests.send(date(2015, 9, 4))
    assert digests.told() == BOTH, "one digest a week"
    digests.send(NEXT_WEEK)
    assert digests.told(NEXT_WEEK)["M1"] == {"ended": ["TUESDAY", "NL/C1", "MONDAY"]}


def july_in_force(digests: DigestWorld) -> None:
    for entity in ("NL", "US"):
        digests.world.reopen("2015-07", entity)
        digests.world.close("2015-07", entity)
    digests.world.settle("2015-07", on="2015-08-05")


def test_a_grant_that_ended_is_told_as_overdue_until_a_month_settles_it(digests: DigestWorld) -> None:
    digests.world.grant("G1", "P3", 3, "2015-07-15", "2015-08-01")
    digests.world.load()
    for monday in (date(2015, 8, 3), date(2015, 8, 10)):
        digests.send(monday, due_days=7)
        assert digests.told(monday)["M1"] == {"overdue": ["G1"]}
    july_in_force(digests)
    digests.send(date(2015, 8, 17), due_days=7)
    assert "M1" not in digests.told(date(2015, 8, 17))


def test_a_settled_grant_that_ends_is_told_once_with_its_outcome(digests: DigestWorld) -> None:
    digests.world.grant("G1", "P3", 3, "2015-07-15", "2015-09-01")
    digests.world.load()
    july_in_force(digests)
    digests.send()
    assert "G1" not in digests.told()["M1"]["coming"], "July has confirmed it: nothing is left to be done"
    digests.send(NEXT_WEEK)
    assert "G1" in digests.told(NEXT_WEEK)["M1"]["ended"]
    assert any("confirmed with 2015-07" in text_of(path.read_bytes()) for path in digests.files(NEXT_WEEK))
    digests.send(LATER_WEEK)
    assert digests.told(LATER_WEEK) == {}


def test_who_had_nothing_on_monday_is_told_later_in_the_week_and_once(digests: DigestWorld) -> None:
    digests.send(due_days=1)
    assert digests.states() == {"M1": "accepted", "M2": "empty", "M3": "empty"}
    assert digests.send(WEEK + 2 * DAY).outcomes == {"M2": "accepted"}
    assert digests.told()["M2"] == {"ended": ["US/C2"]}
    digests.send(NEXT_WEEK)
    assert "M2" not in digests.told(NEXT_WEEK)


def test_an_entity_that_cannot_be_read_is_named_and_its_contracts_are_told_later(digests: DigestWorld) -> None:
    billing = digests.world.billing_db("US")
    kept = billing.read_bytes()
    digests.world.bill("A1", "2014-09", -5, **YEAR, line_id="FAULTY")
    digests.send()
    for week in (NEXT_WEEK, LATER_WEEK):
        billing.unlink()
        found = digests.collect(week)
        assert (list(found.not_read), digests.told(week)) == (["US"], {})
        assert digests.send(week).outcomes == ({"M1": "accepted"} if week == NEXT_WEEK else {})
        billing.write_bytes(kept)
    (body,) = [text_of(path.read_bytes()) for path in digests.files(NEXT_WEEK)]
    assert "The contracts of US are not known, nor who will drop there: the billing database could not be read." in body
    assert "NL: 1 line at fault; whether it ends a contract is not known." in body
    after = LATER_WEEK + 7 * DAY
    digests.send(after)
    assert digests.told(after) == {"M2": {"ended": ["US/C2"]}}, "M1 is not told again what was known"
    digests.send(after + 7 * DAY)
    assert digests.told(after + 7 * DAY) == {}


def test_what_a_digest_told_that_did_not_arrive_is_told_again_also_when_it_is_known_late(digests: DigestWorld) -> None:
    digests.send()
    digests.send(NEXT_WEEK)
    digests.send(LATER_WEEK)
    resolve_digest(digests.here, NEXT_WEEK + 3 * DAY, "M1", "not_sent", SAID)
    assert digests.states(NEXT_WEEK)["M1"] == "undeliverable", "its week is over: it is not sent any more"
    after = LATER_WEEK + 7 * DAY
    digests.send(after)
    assert digests.told(after) == {"M1": {"ended": ["TUESDAY", "NL/C1", "MONDAY"]}}
    digests.send(after + 7 * DAY)
    assert digests.told(after + 7 * DAY) == {}


def test_one_manager_is_told_again_what_did_not_arrive_and_the_others_are_not(digests: DigestWorld) -> None:
    digests.send()
    digests.send(NEXT_WEEK)
    resolve_digest(digests.here, NEXT_WEEK, "M2", "not_sent", SAID)
    digests.send(LATER_WEEK)
    assert digests.told(LATER_WEEK) == {"M2": {"ended": ["US/C2"]}}


def test_weeks_only_go_forward_and_no_day_is_still_to_come(digests: DigestWorld) -> None:
    digests.send(NEXT_WEEK)
    before = digests.world.fingerprint()
    with pytest.raises(Refusal, match="the week of 2015-09-07 has its digests already"):
        digests.send(NEXT_WEEK - DAY)
    with pytest.raises(Refusal, match="is still to come"):
        digests.send(digests.here.today() + DAY)
    assert digests.world.fingerprint() == before


def test_a_digest_that_was_not_sent_in_its_week_is_never_sent_and_what_it_said_is_forgotten(
    digests: DigestWorld,
) -> None:
    digests.collect()
    digests.send(NEXT_WEEK)
    assert digests.states() == {"M1": "undeliverable", "M2": "undeliverable", "M3": "empty"}
    assert (digests.files(), len(digests.files(NEXT_WEEK))) == ([], 2)
    kept = digests.world.rows("SELECT DISTINCT week_of FROM digest WHERE text IS NOT NULL")
    assert kept == [(str(NEXT_WEEK),)]
    assert digests.told(NEXT_WEEK)["M1"]["ended"] == ["TUESDAY", "NL/C1", "MONDAY"]


def test_that_no_person_was_asked_and_each_sending_are_on_record(digests: DigestWorld) -> None:
    digests.send()
    digests.send()
    with digests.here.database.reading() as connection:
        approved, sent = load_acts(connection, DIGESTS_APPROVED_BY_NOBODY), load_acts(connection, DIGESTS_SENT)
    assert [(each.subject, each.doer.done_by) for each in (*approved, *sent)] == [("week of 2015-08-31", "kim")] * 2
    assert sent[0].detail == '{"digests": ["M1", "M2"], "live": false}'


def test_a_manager_who_left_is_erased_from_digests_too(digests: DigestWorld) -> None:
    digests.manager("M2", name="Bo Vermeer", email="bo@host.example")
    digests.send()
    digests.world.tables["partners"][1]["account_manager_id"] = "M1"
    digests.world.tables["account_managers"] = [
        row for row in digests.world.tables["account_managers"] if row["account_manager_id"] != "M2"
    ]
    digests.world.load()
    digests.world.connections["pseudonyms"] = ConnectionFields("pseudonyms", "generic", password="a key of 20 letters")
    erase_person(digests.here, "Bo Vermeer", None, also=["bo@host.example"], by=SAID)
    left = [*digests.world.dump(), *(path.read_text() for path in digests.files())]
    assert not [each for each in left if "Vermeer" in each or "bo@host" in each]
    digests.send(NEXT_WEEK)
    assert "US/C2" in digests.told(NEXT_WEEK)["M1"]["ended"], "who has the partner now is told"
