"""Notifications in the forms in which mail servers write them, and folders in which one is not a mail at all."""

import base64
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_program.adapters.mail.bounces import Notification, read_notifications
from partner_program.domain.bounces import status_that_counts
from partner_program.domain.refusals import Refusal

LETTER, OTHER = "0123456789abcdef" * 2, "f" * 32
OURS = f"bounces+{LETTER}@host.example"
MESSAGE_ID = f"Message-ID: <{LETTER}@host.example>"
FAILED = (
    "Final-Recipient: rfc822; jo@p1.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no such user"
)


def report(
    *blocks: str, to: str = OURS, kind: str = "message/delivery-status", encoding: str = "7bit", copy: str = ""
) -> str:
    """A multipart/report; the status part has this content type and transfer encoding."""
    status = "\n\n".join(["Reporting-MTA: dns; mx.example", *blocks]) + "\n"
    if encoding == "base64":
        status = base64.encodebytes(status.encode()).decode()
    if encoding == "quoted-printable":
        status = status.replace("=", "=3D").replace("failed", "fail=\ned")
    return (
        f"From: MAILER-DAEMON@mx.example\nTo: <{to}>\nSubject: Undelivered\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\nFor old readers.\n'
        "--b\nContent-Type: text/plain\n\nSorry.\n"
        f"--b\nContent-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n\n{status}\n"
        f"--b\nContent-Type: message/rfc822\n\nSubject: Your tier\n{copy}\n\nDear Jo\n--b--\n"
    )


def qmail(copy: str = MESSAGE_ID) -> str:
    """A notification of qmail's, which has no parts."""
    return (
        f"From: MAILER-DAEMON@mx.example\nTo: {OURS}\nSubject: failure notice\n\n"
        "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message.\n\n"
        "<jo@p1.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        f"--- Below this line is a copy of the message.\n\n{copy}\n\n<not@an-address.example>:\nDear Jo\n"
    )


def exim() -> str:
    """A notification of an old Exim: the addresses in a header, the reason in words."""
    return (
        f"From: Mail Delivery System <Mailer-Daemon@mx.example>\nTo: {OURS}\n"
        "X-Failed-Recipients: jo@p1.example,\n  sam@p1.example\nSubject: Mail delivery failed\n\n"
        "This is a permanent error. The following addresses failed:\n\n  jo@p1.example\n"
        "    550 5.1.1 no such user\n\n  sam@p1.example\n    552 5.2.2 full\n"
    )


def forwarded(*notices: str) -> str:
    """Notifications that a person forwarded as attachments."""
    parts = "".join(f"--f\nContent-Type: message/rfc822\n\n{each}\n" for each in notices)
    return (
        f'From: kim@host.example\nTo: robin@host.example\nContent-Type: multipart/mixed; boundary="f"\n\n{parts}--f--\n'
    )


FAILURES = {
    "plain": report(FAILED),
    "line ends of a mail": report(FAILED).replace("\n", "\r\n"),
    "line ends of an old Macintosh": report(FAILED).replace("\n", "\r"),
    "upper case": report(FAILED, to=OURS.upper()).replace(FAILED, FAILED.upper()),
    "base64": report(FAILED, encoding="base64"),
    "quoted-printable": report(FAILED, encoding="quoted-printable"),
    "global": report(FAILED.replace("rfc822", "utf-8"), kind="message/global-delivery-status", encoding="8bit"),
    "a comment after the word": report(FAILED.replace("failed", "\n failed (gave up (at last))")),
    "a comment before the word": report(FAILED.replace("failed", "(alas) failed").replace("5.1.1", "5.1.1 (bad)")),
    "no action": report(FAILED.replace("Action: failed\n", "")),
    "one block without a blank line": report().replace("mx.example\n\n--b", f"mx.example\n{FAILED}\n\n--b"),
    "another recipient after it": report(FAILED, FAILED.replace("jo@", "sam@").replace("failed", "delivered")),
    "another recipient before it": report(FAILED.replace("jo@", "sam@").replace("failed", "delayed"), FAILED),
    "no blank line between recipients": report(
        FAILED + "\n" + FAILED.replace("jo@", "sam@").replace("failed", "delayed")
    ),
    "relayed, then failed": report(FAILED.replace("failed", "relayed").replace("5.1.1", "2.0.0"), FAILED),
    "forwarded to another address": report("Original-Recipient: rfc822;jo@p1.example\n" + FAILED.replace("jo@", "x@")),
    "an alias for others": report(
        FAILED.replace("jo@", "x@"), FAILED.replace("jo@", "y@").replace("failed", "delivered")
    ),
    "qmail": qmail(),
    "qmail, no copy": qmail(copy=""),
    "Exim": exim(),
    "forwarded by a person": forwarded(report(FAILED)),
    "the notification is the whole mail": f"To: {OURS}\nContent-Type: message/delivery-status\n\n{FAILED}\n",
    "parts without an end": report(FAILED).replace("--b--\n", ""),
}


def read(folder: Path, mail: str | bytes) -> list[Notification]:
    """What one file says."""
    (folder / "1.eml").write_bytes(mail if isinstance(mail, bytes) else mail.encode())
    return list(read_notifications(folder / "1.eml"))


@pytest.mark.parametrize("mail", FAILURES.values(), ids=FAILURES)
def test_a_failure_is_read_in_every_form(mail: str, tmp_path: Path) -> None:
    (found,) = read(tmp_path, mail)
    said = status_that_counts(found.said, "Jo@p1.example")

    assert found.letters[0] == LETTER
    assert said is not None
    assert (said.action, said.status) == ("failed", "5.1.1")


NO_FAILURES = {
    "delayed": report(FAILED.replace("failed", "delayed").replace("5.1.1", "4.4.1")),
    "delayed, a colleague failed": report(FAILED.replace("jo@", "sam@"), FAILED.replace("failed", "delayed")),
    "delivered": report(FAILED.replace("failed", "delivered").replace("5.1.1", "2.1.5")),
    "expanded": report(FAILED.replace("failed", "expanded").replace("5.1.1", "2.0.0")),
    "an absent person": f"From: jo@p1.example\nTo: {OURS}\nAuto-Submitted: auto-replied\n\nAction: failed\n",
    "a question": f"From: jo@p1.example\nTo: {OURS}\nSubject: Re: Your tier\n\n> Hi. This is qmail\n<jo@p1.example>:\n",
}


@pytest.mark.parametrize("mail", NO_FAILURES.values(), ids=NO_FAILURES)
def test_what_is_not_a_failure_is_none(mail: str, tmp_path: Path) -> None:
    (found,) = read(tmp_path, mail)
    said = status_that_counts(found.said, "jo@p1.example")

    assert found.letters == (LETTER,)
    assert said is None or said.action != "failed"


WAYS_TO_NAME_IT = {
    "the return path that a relay put its words around": report(
        FAILED, to=f"SRS0=x=y=host.example=bounces+{LETTER}@r.example"
    ),
    "the Message-ID of the copy": report(FAILED, to="bounces@host.example", copy=MESSAGE_ID),
    "the Message-ID of the copy in another spelling": report(FAILED, to="b@host.example", copy=MESSAGE_ID.upper()),
    "the return path in the copy": report(FAILED, to="b@host.example", copy=f"Return-Path: <{OURS}>"),
    "the Message-ID in a text": qmail().replace(OURS, "bounces@host.example"),
    "In-Reply-To": f"In-Reply-To: <{LETTER}@host.example>\n" + report(FAILED, to="bounces@host.example"),
    "References": f"References: <1@x.example>\n <{LETTER}@host.example>\n" + report(FAILED, to="bounces@host.example"),
    "Delivered-To": f"Delivered-To: {OURS}\n" + report(FAILED, to="postmaster@host.example"),
    "the headers alone of the copy": report(FAILED, to="b@host.example", copy=MESSAGE_ID).replace(
        "message/rfc822", "text/rfc822-headers"
    ),
    "who forwarded it": forwarded(report(FAILED, to="b@host.example")).replace("robin@host.example", OURS),
}


@pytest.mark.parametrize("mail", WAYS_TO_NAME_IT.values(), ids=WAYS_TO_NAME_IT)
def test_a_letter_is_found_in_each_place_that_may_name_it(mail: str, tmp_path: Path) -> None:
    (found,) = read(tmp_path, mail)
    assert found.letters == (LETTER,)


def test_the_return_path_is_asked_before_the_message_id_and_this_before_in_reply_to(tmp_path: Path) -> None:
    third = "e" * 32
    mail = f"In-Reply-To: <{third}@host.example>\n" + report(FAILED, copy=f"Message-ID: <{OTHER}@host.example>")
    assert read(tmp_path, mail)[0].letters == (LETTER, OTHER, third)


def test_each_of_several_forwarded_notifications_is_about_its_own_letter(tmp_path: Path) -> None:
    found = read(tmp_path, forwarded(report(FAILED), qmail(copy="").replace(LETTER, OTHER)))
    assert [(each.letters, len(each.said)) for each in found] == [((LETTER,), 1), ((OTHER,), 1)]


def nested(depth: int) -> bytes:
    """Parts within parts."""
    heads = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(depth))
    return f"To: {OURS}\n{heads}Content-Type: text/plain\n\ntext\n".encode()


HOSTILE = {
    "no mail at all": b"\xff\x00\xfe" * 1_000,
    "nothing": b"",
    "bytes beyond ASCII in headers": report(FAILED).encode().replace(b"MAILER-DAEMON", b"\xe9\xff"),
    "an unknown charset": report(FAILED).replace("text/plain", "text/plain; charset=klingon").encode(),
    "an unknown encoding": report(FAILED, encoding="x-uuencode").encode(),
    "a number too long for Python": report(FAILED).replace("boundary=", f"name*{'9' * 5_000}=a; boundary=").encode(),
    "parts within parts": nested(5_000),
    "messages within messages": f"To: {OURS}\n".encode() + b"Content-Type: message/rfc822\n\n" * 5_000,
    "many parts": b'Content-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n" * 100_000,
    "an empty boundary": b'Content-Type: multipart/mixed; boundary=""\n\n--\n\n--\n',
    "a boundary of strange signs": 'Content-Type: multipart/mixed; boundary="(é[\\"\n\n--(é[\n\n--(é[--\n'.encode(),
}


@pytest.mark.parametrize("mail", HOSTILE.values(), ids=HOSTILE)
def test_no_mail_keeps_the_others_of_its_folder_from_being_read(mail: bytes, tmp_path: Path) -> None:
    for name, body in (("1.eml", report(FAILED).encode()), ("2.eml", mail), ("3.eml", qmail().encode())):
        (tmp_path / name).write_bytes(body)
    found = list(read_notifications(tmp_path))
    assert [Path(each.place).name for each in found] == ["1.eml", "2.eml", "3.eml"]
    assert [bool(each.said) for each in (found[0], found[2])] == [True, True]


@given(st.binary(max_size=300), st.integers(0, 1_000), st.integers(0, 40))
def test_a_notification_with_any_bytes_in_any_place_is_read_or_named(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int, instead_of: int
) -> None:
    whole = report(FAILED, encoding="base64", copy=MESSAGE_ID).encode()
    at = at * len(whole) // 1_000
    mail = whole[:at] + noise + whole[at + instead_of :]
    found = read(tmp_path_factory.getbasetemp(), mail)
    assert found
    assert not any(each.fault.startswith("failed for an unknown cause") for each in found)
    assert all(said.diagnostic.isprintable() for each in found for said in each.said)


def test_what_is_no_readable_file_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "1.eml").write_text(report(FAILED))
    os.mkfifo(tmp_path / "2.eml")
    (tmp_path / "3.eml").symlink_to(tmp_path / "gone.eml")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/4\xff\n.eml")).write_text(report(FAILED))
    found = list(read_notifications(tmp_path))
    assert [each.fault for each in found] == ["", "is not a file", "No such file or directory", ""]
    assert found[3].place.endswith("4\\xff\\n.eml")


def test_one_file_is_a_message_or_a_mailbox_of_them(tmp_path: Path) -> None:
    assert len(read(tmp_path, report(FAILED))) == 1
    begin = b"From MAILER-DAEMON Mon Jul 27 10:00:00 2015\n"
    odd = b"From \xe9\xff\n"
    box = begin + report(FAILED).encode() + b"\n" + odd + b"\xff\n\n" + begin + qmail().encode()
    found = read(tmp_path, box)
    assert [(each.place[-9:], bool(each.said)) for each in found] == [
        ("message 1", True),
        ("message 2", False),
        ("message 3", True),
    ]


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="no such file or folder"):
        list(read_notifications(tmp_path / "none"))
