"""Letters that need a person, who records that they arrived or sends them again; bounces."""

import json
import mailbox
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from partner_program.adapters.database import deliveries as delivery_store
from partner_program.domain.acts import Doer
from partner_program.domain.delivery import Delivery
from partner_program.domain.refusals import Refusal
from partner_program.usecases.letters.bounces import import_bounces
from partner_program.usecases.letters.resolution import ambiguous_letters, resolve_letters, resolver
from partner_program.usecases.letters.sending import count_to_send
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from tests.smtp.fault_server import FaultServer
from tests.usecases.letter_world import MONTH, RECIPIENTS, LetterWorld, letter_world, render
from tests.usecases.three_partners import GO_LIVE, JUNE, three_partners
from tests.worlds import World

KIM = Doer("kim", "asked the mail server", 1_438_100_000)


@pytest.fixture
def june(tmp_path: Path) -> LetterWorld:
    """June's letters, approved."""
    folder = tmp_path / "world"
    folder.mkdir()
    made = letter_world(folder)
    made.approve()
    return made


@pytest.fixture
def ambiguous(june: LetterWorld) -> LetterWorld:
    """A server took two letters and did not answer; the others wait."""
    with FaultServer("dot_drop") as server:
        june.use_server(server.connection_fields())
        june.send(partners=["P1"])
    assert june.states() == {"ambiguous": 2, "approved": 2}
    return june


def notification(recipient: str, action: str, status: str = "5.1.1") -> bytes:
    """A delivery status notification as a mail server writes it (RFC 3464)."""
    return (
        "From: MAILER-DAEMON@mail.example\r\n"
        f"To: {recipient}\r\n"
        "Subject: Undelivered Mail\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n'
        "\r\n--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mail.example\r\n\r\n"
        "Final-Recipient: rfc822; jo@p2.example\r\n"
        f"Action: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; 550 no such user\r\n"
        "\r\n--b--\r\n"
    ).encode()


def return_paths(june: LetterWorld) -> list[str]:
    """The envelope senders of the letters that went to files, by name of the file."""
    folder = june.world.folder / "out" / "mail" / str(MONTH)
    return [f"{path.stem}@leaseweb.example" for path in sorted(folder.glob("*.eml"))]


def test_a_person_can_record_that_an_ambiguous_letter_arrived(ambiguous):
    assert resolve_letters(ambiguous.here, MONTH, "accepted", KIM) == 2
    assert ambiguous.states() == {"accepted": 2, "approved": 2}
    action = ambiguous.reconciled().actions[-1]
    assert (action.action, action.done_by, action.reason) == ("accepted", "kim", "asked the mail server")
    assert [recipient for _, _, recipient in action.detail["deliveries"]] == ["jo@p1.example", "nobody@p1.example"]


def test_an_ambiguous_letter_is_sent_again_after_a_new_approval_under_a_message_id_of_its_own(ambiguous):
    before = {row.recipient: row.message_id for row in ambiguous.reconciled().open}
    assert resolve_letters(ambiguous.here, MONTH, "resend", KIM) == 2
    assert ambiguous.states() == {"rendered": 2, "approved": 2}
    ambiguous.approve()
    with FaultServer("plain") as server:
        ambiguous.use_server(server.connection_fields())
        ambiguous.send()
    assert ambiguous.states() == {"accepted": RECIPIENTS}
    assert not {before["jo@p1.example"], before["nobody@p1.example"]} & server.kept.keys()


def test_of_two_contacts_one_has_the_letter_and_it_is_sent_again_to_the_other_alone(ambiguous):
    first, second = (row.recipient for row in ambiguous.reconciled().open if row.status == "ambiguous")

    with pytest.raises(Refusal, match="no letter of 2015-06 can be resolved so"):
        resolve_letters(ambiguous.here, MONTH, "resend", KIM, recipients=[first.upper()])
    assert resolve_letters(ambiguous.here, MONTH, "resend", KIM, recipients=[second]) == 1

    assert ambiguous.states() == {"ambiguous": 1, "rendered": 1, "approved": 2}
    (action,) = [each for each in ambiguous.reconciled().actions if each.action == "resend"]
    assert [each[-1] for each in action.detail["deliveries"]] == [second]
    ambiguous.approve()
    with FaultServer("plain") as server:
        ambiguous.use_server(server.connection_fields())
        ambiguous.send(partners=["P1"])
    assert [each for sent in server.recipients.values() for each in sent] == [second]
    assert resolve_letters(ambiguous.here, MONTH, "accepted", KIM, partners=["P1"], recipients=[first]) == 1
    with pytest.raises(Refusal, match="can be resolved so"):
        resolve_letters(ambiguous.here, MONTH, "resend", KIM, partners=["P1"])


def test_only_what_needs_a_person_can_be_resolved(june):
    with pytest.raises(Refusal, match="no letter of 2015-06 can be resolved so"):
        resolve_letters(june.here, MONTH, "resend", KIM)
    june.send()
    with pytest.raises(Refusal, match="can be resolved so"):
        resolve_letters(june.here, MONTH, "accepted", KIM)


def test_letters_that_only_went_to_files_can_be_sent_when_sending_is_switched_on(june):
    june.send()
    assert resolve_letters(june.here, MONTH, "resend", KIM, written_to_files=True) == RECIPIENTS
    june.approve()
    with FaultServer("plain") as server:
        june.use_server(server.connection_fields())
        june.send()
        with pytest.raises(Refusal, match="can be resolved so"):
            resolve_letters(june.here, MONTH, "resend", KIM, written_to_files=True)
    assert len(server.kept) == RECIPIENTS


def test_a_bounce_moves_its_letter_and_reading_it_again_changes_nothing(june, tmp_path):
    june.send()
    bounced, delayed, *_ = return_paths(june)
    folder = _empty(tmp_path / "bounces")
    (folder / "1.eml").write_bytes(notification(bounced, "failed"))
    (folder / "2.eml").write_bytes(notification(delayed, "delayed", "4.4.1"))
    (folder / "3.eml").write_bytes(notification("bounces@somebody.example", "failed"))
    (folder / "4.eml").write_bytes(notification(f"partner-program+{'0' * 32}@leaseweb.example", "failed"))
    (folder / "5.eml").write_bytes(b"\xff\x00 no message at all")
    report = import_bounces(june.here, folder, KIM)
    assert report.refused == 1
    assert [(Path(each.place).name, why) for each, why in report.left] == [
        ("2.eml", "is not about a failure (delayed)"),
        ("3.eml", "names no letter of ours"),
        ("4.eml", "names a letter that is not in the outbox"),
        ("5.eml", "names no letter of ours"),
    ]
    assert june.states() == {"accepted": RECIPIENTS - 1, "refused": 1}
    (row,) = june.reconciled().open
    assert row.reply == "bounced: 5.1.1 smtp; 550 no such user"
    before = june.world.fingerprint()
    assert import_bounces(june.here, folder, KIM).refused == 0
    assert june.world.fingerprint() == before


def test_a_bounce_in_the_plain_mailbox_is_found_by_the_message_id_and_says_what_of_an_ambiguous_letter(
    ambiguous, tmp_path
):
    ids = {row.recipient: row.message_id for row in ambiguous.reconciled().open}
    about = notification("bounces@leaseweb.example", "failed").replace(b"jo@p2", b"jo@p1")
    headers = f"Message-ID: {ids['jo@p1.example']}\r\n\r\n--b--".encode()
    copy = b"\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n" + headers
    folder = _empty(tmp_path / "bounces")
    (folder / "1.eml").write_bytes(about.replace(b"\r\n--b--", copy))
    (folder / "2.eml").write_bytes(b'Content-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n" * 2_000)
    report = import_bounces(ambiguous.here, folder, KIM)
    assert report.refused == 1, "it came back, so it had been sent"
    assert [(Path(each.place).name, why) for each, why in report.left] == [
        ("2.eml", "could not be read: it has more than 1000 parts")
    ]
    assert ambiguous.states() == {"ambiguous": 1, "refused": 1, "approved": 2}


def test_a_bounced_letter_goes_to_the_corrected_address_and_no_longer_needs_a_person(june):
    with FaultServer("one_of_two_recipients_refused") as server:
        june.use_server(server.connection_fields())
        june.send()
        assert june.reconciled().needs_a_person
        (contact,) = [row for row in june.world.tables["contacts"] if row["email"] == "nobody@p1.example"]
        contact["email"] = "somebody@p1.example"
        june.world.load()
        render(june.world)
        assert june.states() == {"accepted": RECIPIENTS - 1, "undeliverable": 1, "rendered": 1}
        june.approve()
        june.send()
    assert june.states() == {"accepted": RECIPIENTS, "undeliverable": 1}
    assert not june.reconciled().needs_a_person
    (old,) = june.reconciled().open
    assert old.reply is not None
    assert old.reply.endswith("; another address took its place")
    before = june.world.fingerprint()
    render(june.world)
    assert june.world.fingerprint() == before


def test_bounces_are_read_from_a_mailbox_file_too(june, tmp_path):
    june.send()
    box = mailbox.mbox(str(tmp_path / "bounces.mbox"))
    for path in return_paths(june)[:2]:
        box.add(notification(path, "failed"))
    box.close()
    assert import_bounces(june.here, tmp_path / "bounces.mbox", KIM).refused == 2
    assert june.states() == {"accepted": 2, "refused": 2}


def _empty(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_an_undelivered_letter_no_longer_needs_a_person_once_a_corrected_one_replaced_it(tmp_path):
    world = three_partners(World(tmp_path))
    contacts = world.tables["contacts"]
    world.tables["contacts"] = [each for each in contacts if each["partner_id"] != "P2"]
    world.load()
    world.settle(JUNE, on=GO_LIVE)
    world.execute("US", "UPDATE program_mrr_line SET net_amount_minor = 550000 WHERE account_id = 'B2'")
    world.close(JUNE)
    world.settle(JUNE, today="2015-08-18")
    day, june = date(2015, 8, 20), LetterWorld(world)
    accept_restatement(june.here, MONTH, Acceptance(day, "pat", "corrected invoice"), today=day)
    assert june.reconciled().needs_a_person
    world.tables["contacts"] = contacts
    world.load()
    render(world)
    june.approve()
    june.send()
    assert not june.reconciled().needs_a_person
    assert [row.reply for row in june.reconciled().open] == [
        "the partner has no billing contact; revision 2 of the month took its place"
    ]


def stored(june: LetterWorld, recipient: str, *columns: str) -> tuple[object, ...]:
    (found,) = june.world.rows(f"SELECT {', '.join(columns)} FROM delivery WHERE recipient = ?", recipient)  # noqa: S608
    return found


def put(june: LetterWorld, **status: str) -> None:
    """Put one letter of each partner into a state, as if a server had said so."""
    states = {"P1": "approved", "P2": "approved", "P3": "approved", **status}
    with june.here.database.writing() as connection:
        for row in delivery_store.deliveries(connection, MONTH):
            if states[row.partner_id] != "approved":
                delivery_store.move(connection, row, "claimed")
                held = replace(row, status="claimed")
                if states[row.partner_id] == "accepted":
                    delivery_store.move(connection, held, "dot_pending")
                    held = replace(row, status="dot_pending")
                delivery_store.move(connection, held, states[row.partner_id], reply="250 ok")


@pytest.mark.parametrize(
    ("resolution", "resolved"),
    [("accepted", {"P1"}), ("resend", {"P1", "P2"}), ("never_came", {"P3"})],
)
def test_each_word_of_a_person_is_about_letters_in_its_own_states(june, resolution, resolved):
    put(june, P1="ambiguous", P2="refused", P3="accepted")
    before = {row.key: row.status for row in _rows(june)}
    resolve_letters(june.here, MONTH, resolution, KIM)
    changed = {row.partner_id for row in _rows(june) if row.status != before[row.key]}
    assert changed == resolved


def test_a_word_about_some_partners_leaves_the_others(june):
    put(june, P1="ambiguous", P2="ambiguous")
    assert resolve_letters(june.here, MONTH, "accepted", KIM, partners=["P2"]) == 1
    assert june.states() == {"ambiguous": 2, "accepted": 1, "approved": 1}
    assert stored(june, "jo@p2.example", "reply") == ("kim says that it arrived: asked the mail server",)


def test_what_is_sent_again_is_a_letter_that_nobody_has_approved_or_tried_yet(june):
    put(june, P2="refused")
    resolve_letters(june.here, MONTH, "resend", KIM)
    columns = ("status", "resend_number", "approval_id", "message_id", "not_before", "attempts", "reply")
    assert stored(june, "jo@p2.example", *columns) == (
        "rendered",
        1,
        None,
        None,
        None,
        0,
        "kim asks to send it again: asked the mail server",
    )
    assert june.world.rows("SELECT partner_id, recipient, resend_number FROM delivery_resend") == [
        ("P2", "jo@p2.example", 1)
    ]


def test_a_letter_that_never_came_is_refused_in_the_words_of_a_person_and_on_record(june):
    put(june, P3="accepted")
    assert resolve_letters(june.here, MONTH, "never_came", KIM) == 1
    assert stored(june, "jo@p3.example", "status", "reply") == (
        "refused",
        "kim says that it never came: asked the mail server",
    )
    query = "SELECT kind, subject, done_by, billing_month, partner_id, detail FROM act WHERE kind LIKE '%came'"
    ((*who_and_what, detail),) = june.world.rows(query)
    assert who_and_what == ["letter never came", JUNE, "kim", JUNE, "P3"]
    (named,) = stored(june, "jo@p3.example", "message_id")
    assert json.loads(detail) == {"letters": [{"revision": 1, "message_id": named}]}
    assert "p3.example" not in detail, "ids only: an address leaves by erasure"


def test_letters_that_may_have_arrived_are_counted_by_month(june):
    assert ambiguous_letters(june.here) == {}
    put(june, P1="ambiguous", P2="refused")
    assert ambiguous_letters(june.here) == {JUNE: 2}


def test_what_may_be_sent_is_what_is_approved_or_has_to_be_tried_again(june):
    assert count_to_send(june.here, MONTH) == RECIPIENTS
    put(june, P1="deferred", P2="refused")
    assert count_to_send(june.here, MONTH) == 3
    put_away = [row for row in _rows(june) if row.status in ("approved", "deferred")]
    assert {row.partner_id for row in put_away} == {"P1", "P3"}


def test_who_resolves_has_a_name_a_reason_and_the_time_in_whole_seconds():
    assert resolver("kim", "looked", lambda: 12.9) == Doer("kim", "looked", 12)


def _rows(june: LetterWorld) -> list[Delivery]:
    with june.here.database.reading() as connection:
        return delivery_store.deliveries(connection, MONTH)
