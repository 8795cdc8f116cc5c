"""Letters that need a person, who records that they arrived or sends them again; bounces."""

import mailbox
from datetime import date
from pathlib import Path

import pytest

from partner_program.domain.acts import Doer
from partner_program.domain.refusals import Refusal
from partner_program.usecases.letters.bounces import import_bounces
from partner_program.usecases.letters.resolution import resolve_letters
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
