"""The mail catcher keeps each mail as it was sent, and sends nothing on."""

import os
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from time import monotonic, sleep

import pytest

from topology.local_places import LOOPBACK, free_ports

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]


@pytest.fixture
def caught(tmp_path: Path) -> Path:
    return tmp_path / "caught"


@pytest.fixture
def port(caught: Path) -> Iterator[int]:
    port = free_ports(["mail"])["mail"]
    words = [sys.executable, "-m", "topology.mail_catcher", str(port), str(caught)]
    with subprocess.Popen(words, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}) as process:
        end = monotonic() + 20
        while socket.socket().connect_ex((LOOPBACK, port)) and monotonic() < end:
            sleep(0.05)
        yield port
        process.terminate()


def mail(subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "from@demo-hosting.example", "to@partner.example", subject
    message.set_content(text)
    return message


def test_mails_are_kept_in_order_with_their_text(port, caught):
    with smtplib.SMTP(LOOPBACK, port) as sender:
        sender.send_message(mail("one", "first\n"))
        sender.send_message(mail("two", "a line\n.a line with a dot\n.\nthe end\n"))
    first, second = (message_from_bytes(path.read_bytes()) for path in sorted(caught.iterdir()))
    assert [first["Subject"], second["Subject"]] == ["one", "two"]
    assert second.get_payload().replace("\r\n", "\n") == "a line\n.a line with a dot\n.\nthe end\n"


def test_a_sender_that_goes_away_half_way_leaves_no_mail_and_troubles_no_other(port, caught):
    with socket.create_connection((LOOPBACK, port)) as rude:
        rude.sendall(b"EHLO me\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nSubject: half")
    with smtplib.SMTP(LOOPBACK, port) as sender:
        sender.send_message(mail("whole", "text\n"))
    assert [message_from_bytes(path.read_bytes())["Subject"] for path in caught.iterdir()] == ["whole"]


def test_what_it_does_not_know_it_says(port):
    with smtplib.SMTP(LOOPBACK, port) as sender:
        assert sender.docmd("VRFY", "somebody")[0] == 502
