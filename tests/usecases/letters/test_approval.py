"""A person's approval holds for a week and for the letters that were shown; the run's starter cannot give it."""

import shutil
import sqlite3
from contextlib import closing
from datetime import date
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from partner_program.adapters.mail.installation_file import read_epoch
from partner_program.domain.acts import Doer
from partner_program.domain.letter_ids import message_id
from partner_program.domain.refusals import NotApproved, Refusal
from partner_program.usecases.letters.approval import Rejected, reject_letters, waiting_batch
from partner_program.usecases.letters.binding import installation_file
from partner_program.usecases.letters.reconciliation import reconcile_letters
from partner_program.usecases.letters.resolution import resolve_letters
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from partner_program.usecases.publication import publish_rates
from partner_program.usecases.registry import find_entity
from tests.smtp.fault_server import FaultServer
from tests.usecases.letter_world import MONTH, RECIPIENTS, LetterWorld, letter_world, render
from tests.usecases.three_partners import GO_LIVE, JUNE, three_partners
from tests.worlds import World

AUGUST = date(2015, 8, 3)


@pytest.fixture
def june(tmp_path: Path) -> LetterWorld:
    """June's letters, rendered and not approved."""
    return letter_world(tmp_path)


def contact(june: LetterWorld, partner_id: str) -> dict[str, Any]:
    return next(row for row in june.world.tables["contacts"] if row["partner_id"] == partner_id)


def test_nothing_is_sent_before_somebody_approved(june):
    assert june.send().outcomes == {}
    assert june.states() == {"rendered": RECIPIENTS}


def test_approved_letters_are_written_to_files_once_and_a_second_sending_finds_nothing(june):
    assert june.approve().deliveries == RECIPIENTS
    assert june.send(limit=3).outcomes == {"accepted": 3}
    assert june.send().outcomes == {"accepted": 1}
    assert june.send().outcomes == {}
    files = sorted((june.world.folder / "out" / "mail" / JUNE).glob("*.eml"))
    assert len(files) == RECIPIENTS
    assert june.states() == {"accepted": RECIPIENTS}


def test_the_same_letters_approved_twice_are_approved_once(june):
    batch = waiting_batch(june.here, MONTH)
    first = june.approve(batch_hash=batch.batch_hash)
    assert june.approve(batch_hash=batch.batch_hash) == first == batch
    assert len(reconcile_letters(june.here, MONTH).actions) == 1
    with pytest.raises(NotApproved, match="have changed since they were looked at"):
        june.approve(batch_hash="0" * 64)
    with pytest.raises(Refusal, match="no letter of 2015-06 waits for an approval"):
        june.approve()


def test_an_approval_that_was_taken_back_is_not_there_already(june):
    batch = waiting_batch(june.here, MONTH)
    june.approve(batch_hash=batch.batch_hash)
    june.send(limit=1)
    contact(june, "P1")["name"] = "Another Name"
    june.world.load()
    render(june.world)
    assert waiting_batch(june.here, MONTH).deliveries
    with pytest.raises(NotApproved, match="have changed since"):
        june.approve(batch_hash=batch.batch_hash)


def test_equal_letters_have_equal_bytes_whenever_they_are_sent(june, tmp_path):
    june.approve()
    copy = shutil.copytree(june.world.folder, tmp_path.with_name("copy"))
    june.send()
    june.time.seconds += 3 * 86_400
    other = LetterWorld(World(copy, entities=()))
    other.time = june.time
    other.send()
    mail = [sorted((folder / "out" / "mail" / JUNE).glob("*.eml")) for folder in (june.world.folder, copy)]
    assert [path.read_bytes() for path in mail[0]] == [path.read_bytes() for path in mail[1]]


def test_nobody_may_approve_the_letters_of_a_run_that_they_started(june):
    with pytest.raises(NotApproved, match="robin started this run"):
        june.approve("robin", started_by=" Robin ")
    june.approve("kim", started_by="robin")


def test_the_approved_hash_has_to_be_that_of_the_letters_now(june):
    looked_at = waiting_batch(june.here, MONTH).batch_hash
    june.world.tables["partners"][0]["company_name"] = "New Name"
    june.world.load()
    render(june.world)
    with pytest.raises(NotApproved, match=r"the letters of \S+ have changed since they were looked at"):
        june.approve(batch_hash=looked_at)
    june.approve(batch_hash=waiting_batch(june.here, MONTH).batch_hash)


def test_rendering_a_letter_again_withdraws_the_approval_of_all(june):
    june.approve()
    june.send(limit=1)
    june.world.tables["partners"][2]["company_name"] = "New Name"
    june.world.load()
    render(june.world)
    assert june.states() == {"accepted": 1, "rendered": RECIPIENTS - 1}
    assert june.send().outcomes == {}


def test_a_letter_that_would_differ_now_is_not_sent_and_all_have_to_be_approved_again(june):
    june.approve()
    june.world.tables["partners"][0]["company_name"] = "New Name"
    june.world.load()
    with pytest.raises(NotApproved, match="the letter to P1 has changed since its approval"):
        june.send()
    assert june.states() == {"rendered": RECIPIENTS}


def test_an_approval_holds_for_a_week(june):
    june.approve()
    june.time.seconds += 7 * 86_400
    assert june.send(limit=1).outcomes == {"accepted": 1}
    june.time.seconds += 1
    assert june.send().outcomes == {}
    assert june.states() == {"accepted": 1, "rendered": RECIPIENTS - 1}
    assert {row.reply for row in june.reconciled().open} == {"approved more than 7 days ago"}


def test_a_rejection_is_on_record_and_the_letters_go_on_waiting(june):
    reject_letters(june.here, MONTH, rejected_by="kim", reason="wrong manager", clock=june.time.now)
    assert [(each.action, each.done_by, each.reason) for each in june.reconciled().actions] == [
        ("reject", "kim", "wrong manager")
    ]
    assert june.states() == {"rendered": RECIPIENTS}


def rejected(june: LetterWorld, **more: Any) -> Any:
    return reject_letters(june.here, MONTH, rejected_by="kim", reason="wrong prices", clock=june.time.now, **more)


def test_a_rejection_of_letters_that_were_approved_meanwhile_stops_them_until_they_are_approved_anew(june):
    shown = june.approve().batch_hash

    assert rejected(june, batch_hash=shown) == Rejected(withdrawn=RECIPIENTS, handed_over=0)

    assert june.send().outcomes == {}
    assert june.states() == {"rendered": RECIPIENTS}
    assert {row.reply for row in june.reconciled().open} == {"kim rejected it after its approval: wrong prices"}
    detail = {"deliveries": RECIPIENTS, "withdrawn": RECIPIENTS, "handed_over": 0}
    assert june.reconciled().actions[-1].detail == detail
    assert june.approve(batch_hash=shown).deliveries == RECIPIENTS
    assert june.send().outcomes == {"accepted": RECIPIENTS}


def test_a_rejection_after_the_first_three_left_stops_the_rest_and_says_how_many_are_gone(june):
    shown = june.approve().batch_hash
    june.send(limit=3)

    assert rejected(june, batch_hash=shown) == Rejected(withdrawn=RECIPIENTS - 3, handed_over=3)

    assert june.send().outcomes == {}
    assert june.states() == {"accepted": 3, "rendered": RECIPIENTS - 3}


def test_a_rejection_after_all_left_is_refused_and_not_on_record(june):
    shown = june.approve().batch_hash
    june.send()

    with pytest.raises(Refusal, match=f"{RECIPIENTS} letters left already: a rejection comes too late"):
        rejected(june, batch_hash=shown)

    assert [each.action for each in june.reconciled().actions] == ["approve"]


def test_a_rejection_of_letters_that_were_rendered_anew_leaves_the_newer_approval_alone(june):
    old = waiting_batch(june.here, MONTH).batch_hash
    june.world.tables["partners"][0]["company_name"] = "New Name"
    june.world.load()
    render(june.world)
    assert june.approve().batch_hash != old

    assert rejected(june, batch_hash=old) == Rejected(withdrawn=0, handed_over=0)

    assert june.send().outcomes == {"accepted": RECIPIENTS}


def test_a_letter_that_a_sender_had_in_its_hands_when_it_was_rejected_is_not_tried_again(june):
    shown = june.approve().batch_hash
    held = "UPDATE delivery SET status = 'claimed', claimed_by = 'w', claimed_until = 0 WHERE partner_id = 'P1'"
    with closing(sqlite3.connect(june.world.program_db)) as database, database:
        rows = database.execute(held).rowcount

    assert rejected(june, batch_hash=shown) == Rejected(withdrawn=RECIPIENTS - rows, handed_over=0)

    assert june.send().outcomes == {}
    assert june.states() == {"rendered": RECIPIENTS}


def test_automatic_approval_is_for_files_only_unless_the_settings_allow_it(june):
    with FaultServer("plain") as server:
        june.use_server(server.connection_fields())
        with pytest.raises(NotApproved, match="need a person's approval"):
            june.approve("auto", auto=True)
        june.use_server(server.connection_fields(), auto_approval=True)
        june.approve("auto", auto=True)


def test_letters_approved_automatically_are_not_sent_when_live_sending_is_switched_on_later(june):
    june.approve("auto", auto=True)
    with FaultServer("plain") as server:
        june.use_server(server.connection_fields())
        assert june.send().outcomes == {}
        assert june.states() == {"rendered": RECIPIENTS}
        said = "no person has approved it, and letters are really sent now"
        assert {row.reply for row in june.reconciled().open} == {said}
        june.approve("kim")
        june.send()
    assert len(server.kept) == RECIPIENTS


def test_letters_that_are_not_rendered_yet_cannot_be_approved(tmp_path):
    world = three_partners(World(tmp_path))
    world.settle(JUNE, on=GO_LIVE)
    with pytest.raises(NotApproved, match="3 letters of 2015-06 are not rendered yet, the first for P1"):
        LetterWorld(world).approve()


def test_a_partner_without_a_billing_contact_is_still_owed_its_letter(tmp_path):
    june = letter_world(tmp_path)
    contact(june, "P2")["role"] = "technical"
    june.world.load()
    render(june.world)
    assert june.states() == {"rendered": RECIPIENTS - 1, "undeliverable": 1}
    (row,) = [each for each in june.reconciled().open if each.status == "undeliverable"]
    assert (row.partner_id, row.reply) == ("P2", "the partner has no billing contact")
    contact(june, "P2")["role"] = "billing"
    june.world.load()
    render(june.world)
    assert june.states() == {"rendered": RECIPIENTS}


def test_a_new_contact_gets_the_letter_until_it_is_approved_and_not_after(june):
    extra = {"partner_id": "P3", "name": "Late", "email": "late@p3.example", "role": "billing"}
    june.approve()
    june.send()
    june.world.tables["contacts"].append(extra)
    june.world.load()
    render(june.world)
    assert june.states() == {"accepted": RECIPIENTS, "rendered": 1}, "owed to one more; those that left stay"


def test_no_letter_leaves_before_its_rate_is_read_back(june):
    june.world.orders("NL")
    june.approve()
    report = june.send()
    assert report.outcomes == {"accepted": 1}, "P2 has no account at NL"
    assert report.waiting == {"the rate is not read back from every order database yet": 3}
    publish_rates(june.here, find_entity(june.here, "NL"), published_on=date(2015, 7, 27))
    assert june.send().outcomes == {"accepted": 3}


def test_live_letters_go_to_allowed_domains_only_and_the_others_keep_waiting(june):
    june.approve()
    with FaultServer("plain") as server:
        june.use_server(server.connection_fields(), allowed_domains=["p1.example"])
        report = june.send()
        assert report.outcomes == {"accepted": 2}
        assert report.waiting == {"the domain is not one of allowed_domains": 2}
        june.use_server(server.connection_fields(), allowed_domains=["*"])
        assert june.send().outcomes == {"accepted": 2}


def test_an_allowed_domain_may_be_spelt_otherwise_than_a_contacts(june):
    for contact in june.world.tables["contacts"]:
        contact["email"] = contact["email"].replace("@p1.example", "@bücher.example")
    june.world.load()
    render(june.world)
    june.approve()
    with FaultServer("plain") as server:
        june.use_server(server.connection_fields(), allowed_domains=["xn--bcher-kva.example"])
        assert june.send().outcomes == {"accepted": 2}


def test_live_sending_without_allowed_domains_is_refused(june):
    with FaultServer("plain") as server:
        june.use_server(server.connection_fields(), allowed_domains=[])
        with pytest.raises(Refusal, match="allowed_domains"):
            june.approve()


def test_live_letters_keep_the_limit_of_letters_a_minute(june):
    june.approve()
    with FaultServer("plain") as server:
        june.use_server(server.connection_fields(), per_minute=1)
        began = june.time.seconds
        june.send()
    assert june.time.seconds - began == 60 * (RECIPIENTS - 1)


def test_a_corrected_letter_replaces_the_one_that_was_not_sent(june):
    june.approve()
    june.send(partners=["P1"])
    june.world.bill("A1", JUNE, 9_000_00)
    june.world.bill("A3", JUNE, 40_000_00)
    june.world.close(JUNE)
    june.world.settle(JUNE, on=GO_LIVE)
    accept_restatement(june.here, MONTH, Acceptance(AUGUST, "kim", "corrected"), today=AUGUST)
    render(june.world)
    rows = {(row.partner_id, row.revision, row.status) for row in june.reconciled().open}
    assert rows == {
        ("P1", 2, "rendered"),
        ("P2", 1, "approved"),
        ("P3", 1, "undeliverable"),
        ("P3", 2, "rendered"),
    }
    june.approve()
    assert june.send().outcomes == {"accepted": 4}
    assert june.states() == {"accepted": 6, "undeliverable": 1}
    assert not june.reconciled().needs_a_person, "a corrected letter took the place of the one that never left"
    with pytest.raises(Refusal, match="no letter of 2015-06 can be resolved so"):
        resolve_letters(june.here, MONTH, "resend", Doer("kim", "why not", 0))


@pytest.mark.parametrize(
    "extra", [{"bounce_address": "bounces"}, {"bounce_address": 5}, {"bounce_adress": "b@h.example"}]
)
def test_a_connection_with_a_wrong_key_sends_nothing_and_every_letter_stays_approved(june, extra):
    june.approve()
    with FaultServer("plain") as server:
        june.use_server(server.connection_fields(), **extra)
        with pytest.raises(Refusal, match=r"connection letters_smtp: .*bounce_ad"):
            june.send()
    assert june.states() == {"approved": RECIPIENTS}
    assert server.conversations == 0


@pytest.mark.parametrize(("mode", "outcome"), [("plain", "undeliverable"), ("smtputf8", "accepted")])
def test_a_letter_whose_manager_has_an_address_beyond_ascii_needs_smtputf8(june, mode, outcome):
    (manager,) = june.world.tables["account_managers"]
    manager["email"] = "mické@host.example"
    june.world.load()
    render(june.world)
    june.approve()
    with FaultServer(mode) as server:
        june.use_server(server.connection_fields())
        june.send()
    assert june.states() == {outcome: RECIPIENTS}
    assert all("SMTPUTF8" in each for each in server.commands if each.startswith("MAIL"))


def test_a_letter_whose_figures_were_corrected_on_record_only_is_withdrawn(june):
    """July decides the rates, so the corrected June owes no new letter; the old one would tell wrong figures."""
    june.approve()
    june.send(partners=["P1"])
    june.world.settle("2015-07", on="2015-08-03")
    june.world.bill("A1", JUNE, 9_000_00)
    june.world.bill("A3", JUNE, 40_000_00)
    june.world.close(JUNE)
    june.world.settle(JUNE, on=GO_LIVE)

    accept_restatement(june.here, MONTH, Acceptance(date(2015, 8, 4), "kim", "corrected"), today=date(2015, 8, 4))

    rows = {(row.partner_id, row.revision): (row.status, row.reply) for row in june.reconciled().open}
    assert rows["P3", 1] == ("undeliverable", "revision 2 of the month took its place")
    assert rows["P2", 1][0] == "approved"
    before = june.states()["accepted"]
    render(june.world)
    june.send()
    sent = june.world.rows("SELECT partner_id FROM delivery WHERE billing_month = ? AND status = 'accepted'", JUNE)
    assert len(sent) > before
    assert ("P3",) not in sent


def _run_by_people(world: World) -> None:
    three_partners(world).settle(JUNE, on=GO_LIVE, started_by="Robin")
    world.settle("2015-07", on="2015-08-03", started_by="kim")
    render(world)


@pytest.fixture
def run_by_robin(tmp_path: Path) -> LetterWorld:
    """June's letters, of a run that Robin started on the command line; July was run by Kim."""
    world = World(tmp_path)
    world.become(_run_by_people)
    return LetterWorld(world)


def test_who_ran_the_month_does_not_approve_its_letters_and_who_ran_another_may(run_by_robin):
    june = run_by_robin
    with pytest.raises(NotApproved, match="robin ran 2015-06: somebody else has to approve its letters"):
        june.approve(" robin")
    assert june.states() == {"rendered": 3}
    june.approve("kim")
    assert june.states() == {"approved": 3}


def test_one_person_alone_can_write_letters_to_files_on_record_and_never_send_them(run_by_robin):
    june = run_by_robin
    with FaultServer("plain") as server:
        june.use_server(server.connection_fields())
        with pytest.raises(NotApproved, match="letters that are really sent need a second person"):
            june.approve("robin", alone=True)
    del june.world.connections["letters_smtp"]
    june.approve("robin", alone=True)
    (action,) = june.reconciled().actions
    assert (action.done_by, action.detail) == ("robin", {"deliveries": 3, "partners": 3, "alone": True})


def test_an_approval_is_on_record_with_the_hash_and_the_number_of_what_was_approved(june):
    batch = june.approve("kim")
    assert (batch.month, batch.deliveries, batch.partners) == (MONTH, RECIPIENTS, 3)
    (action,) = june.reconciled().actions
    assert (action.action, action.done_by, action.reason, action.done_at) == (
        "approve",
        "kim",
        "looked at it",
        int(june.time.seconds),
    )
    assert (action.batch_hash, action.detail) == (batch.batch_hash, {"deliveries": RECIPIENTS, "partners": 3})
    rows = june.reconciled().open
    assert {(row.dated, row.reply) for row in rows} == {(int(june.time.seconds), None)}
    assert all(row.content_hash == row.letter_hash for row in rows)
    bound = read_epoch(installation_file(june.here))
    assert bound is not None
    assert {row.message_id for row in rows} == {
        message_id(
            installation_id=bound.installation_id,
            month=JUNE,
            partner_id=row.partner_id,
            kind="tier_raised",
            revision=1,
            recipient=row.recipient,
            resend_no=0,
            domain="leaseweb.example",
        )
        for row in rows
    }


def test_an_automatic_approval_and_a_rejection_are_on_record_as_what_they_are(june):
    reject_letters(june.here, MONTH, rejected_by="kim", reason="wrong", clock=june.time.now)
    june.approve("auto", auto=True)
    rejected, approved = june.reconciled().actions
    assert (rejected.action, rejected.done_at, rejected.detail) == (
        "reject",
        int(june.time.seconds),
        {"deliveries": RECIPIENTS},
    )
    assert rejected.batch_hash == approved.batch_hash
    assert approved.action == "approve_auto"


def test_where_no_letter_waits_there_is_nothing_to_approve(june):
    june.approve()
    with pytest.raises(Refusal, match="no letter of 2015-06 waits for an approval"):
        june.approve()


def test_the_hash_of_what_waits_changes_with_every_fact_that_was_looked_at(june):
    looked_at = waiting_batch(june.here, MONTH)
    contact(june, "P3")["name"] = "Somebody Else"
    june.world.load()
    render(june.world)
    changed = waiting_batch(june.here, MONTH)
    assert changed.batch_hash != looked_at.batch_hash
    assert (changed.deliveries, changed.partners) == (looked_at.deliveries, looked_at.partners)


def test_an_address_that_no_mail_can_go_to_is_undeliverable_from_the_approval_on(june):
    """A version that did not look at addresses when it loaded them may have left one."""
    with closing(sqlite3.connect(june.world.program_db)) as connection, connection:
        connection.execute("UPDATE contact SET email = 'jo@localhost' WHERE email = 'jo@p2.example'")
    render(june.world)
    june.approve()
    assert june.states() == {"approved": RECIPIENTS - 1, "undeliverable": 1}
    (row,) = [each for each in june.reconciled().open if each.status == "undeliverable"]
    assert (row.recipient, row.approval_id, row.message_id) == ("jo@localhost", None, None)
    assert "has no whole domain after the @" in str(row.reply)


def test_the_date_of_a_letter_is_that_of_its_approval(june):
    june.approve()
    june.time.seconds += 86_400
    june.send()
    written = (june.world.folder / "out" / "mail" / JUNE).glob("*.eml")
    dates = {parsedate_to_datetime(message_from_bytes(each.read_bytes())["Date"]).timestamp() for each in written}
    assert dates == {june.time.seconds - 86_400}


def test_a_letter_that_is_owed_and_has_no_row_is_named_and_does_not_add_up(june):
    with closing(sqlite3.connect(june.world.program_db)) as connection, connection:
        connection.execute("DELETE FROM delivery WHERE partner_id = 'P2'")
    found = reconcile_letters(june.here, MONTH)
    assert (found.without_delivery, found.owed, found.adds_up) == (("P2",), RECIPIENTS - 1, False)


def test_a_sending_tells_how_far_it_is_after_each_letter(june):
    june.approve()
    seen = []
    june.send(limit=3, progress=lambda report: seen.append(report.outcomes["accepted"]))
    assert seen == [1, 2, 3]
