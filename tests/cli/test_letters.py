"""`letters`: list, show, approve, send, resolve, reconcile, as a person types them."""

import json
from email import message_from_bytes
from email.policy import default

import pytest

from tests.cli.conftest import command_line
from tests.smtp.fault_server import FaultServer

JUNE = "2015-06"
WHY = ("--by", "kim", "--reason", "looked at it")


@pytest.fixture
def letters(world_after_june, tmp_path):
    """The command line after June, its letter rendered; the world may be changed."""
    from tests.cli.conftest import moved

    return command_line(moved(world_after_june, tmp_path))


def live(letters, server, **extra):
    """The same installation, sending live to a server."""
    fields = server.connection_fields(live=True, allowed_domains=["*"], **extra)
    words = {"conn_type": "smtp", "host": fields.host, "port": fields.port, "extra": dict(fields.extra)}
    return letters.but(AIRFLOW_CONN_LETTERS_SMTP=json.dumps(words))


def test_a_letter_is_listed_with_its_recipient_and_state(letters):
    answer = letters.must("letters", "list", JUNE)
    assert "jo@p1.example" in answer.stdout
    assert "rendered" in answer.stdout
    (row,) = letters.must("letters", "list", JUNE, "--format", "json").json
    assert (row["partner_id"], row["kind"], row["status"]) == ("P1", "tier_raised", "rendered")
    assert letters.must("letters", "list", JUNE, "--state", "accepted", "--format", "json").json == []


def test_a_letter_is_shown_as_text_as_html_and_as_the_whole_message(letters):
    text = letters.must("letters", "show", "P1", JUNE).stdout
    assert text.startswith("To: jo@p1.example - rendered\nSubject: ")
    assert "Tier 2" in text
    assert letters.must("letters", "show", "P1", JUNE, "--format", "html").stdout.startswith("<!doctype html>")
    message = message_from_bytes(letters.must("letters", "show", "P1", JUNE, "--format", "eml").body, policy=default)
    assert message["To"].addresses[0].addr_spec == "jo@p1.example"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_a_partner_without_a_letter_is_refused_by_name(letters):
    answer = letters("letters", "show", "P9", JUNE)
    assert (answer.status, answer.stdout) == (1, "")
    assert "partner P9 has no letter for 2015-06" in answer.stderr


def test_a_month_is_approved_sent_and_adds_up(letters):
    assert letters.must("letters", "send", JUNE).stdout == (
        "2015-06: nothing to send\n1 waits for an approval: partner-program letters approve 2015-06 --reason TEXT\n"
    )
    approved = letters.must("letters", "approve", JUNE, *WHY).stdout
    assert approved.startswith("2015-06: 1 letter to 1 partner approved by kim (")
    sent = letters.must("letters", "send", JUNE, "--limit", "1")
    assert (sent.stdout, sent.stderr) == ("2015-06: 1 accepted\n", "")
    assert letters.must("letters", "send", JUNE).stdout == "2015-06: nothing to send\n"
    counted = letters.must("letters", "reconcile", JUNE)
    assert counted.stdout.startswith("2015-06: 1 owed = 1 accepted\n")
    assert "approve by kim: looked at it" in counted.said
    facts = letters.must("letters", "reconcile", JUNE, "--format", "json").json
    assert (facts["owed"], facts["adds_up"], facts["states"]["accepted"]) == (1, True, 1)


@pytest.mark.parametrize("command", ["list", "send", "reconcile", "approve", "resolve", "book"])
def test_letters_of_a_month_that_was_not_run_are_refused_by_its_name(letters, command):
    needed = {"approve": WHY, "resolve": ("--resend", *WHY)}.get(command, ())
    answer = letters("letters", command, "2015-05", *needed)
    assert (answer.status, answer.stdout) == (1, "")
    assert "month 2015-05 is not assessed: run `partner-program run 2015-05`" in answer.stderr


def test_an_approval_of_other_letters_than_those_looked_at_is_refused(letters):
    answer = letters("letters", "approve", JUNE, *WHY, "--hash", "0" * 64)
    assert answer.status == 1
    assert "look at them again" in answer.stderr


def test_an_ambiguous_letter_fails_the_command_until_a_person_resolves_it(letters):
    letters.must("letters", "approve", JUNE, *WHY)
    with FaultServer("dot_drop") as server:
        answer = live(letters, server)("letters", "send", JUNE)
        assert answer.status == 1
        assert "1 ambiguous" in answer.stdout
        assert "letters reconcile 2015-06" in answer.stdout
        again = live(letters, server)("letters", "send", JUNE)
        assert (again.status, len(server.bodies)) == (1, 1)
    assert "ambiguous" in letters.must("letters", "reconcile", JUNE).stdout
    assert "1 letter resolved by kim" in letters.must("letters", "resolve", JUNE, "P1", "--accepted", *WHY).stdout
    assert letters.must("letters", "reconcile", JUNE).stdout.startswith("2015-06: 1 owed = 1 accepted\n")


def test_resolving_needs_a_word_for_it(letters):
    answer = letters("letters", "resolve", JUNE, *WHY)
    assert answer.status == 2
    assert "one of --accepted, --resend and --never-came is needed" in answer.stderr


def test_a_mail_server_that_takes_nothing_is_reported_and_the_letters_keep_waiting(letters):
    letters.must("letters", "approve", JUNE, *WHY)
    with FaultServer("starttls_missing") as server:
        answer = live(letters, server)("letters", "send", JUNE)
    assert answer.status == 1
    assert "STARTTLS" in answer.stderr
    assert letters.must("letters", "reconcile", JUNE).stdout.startswith("2015-06: 1 owed = 1 approved\n")


def test_bounces_are_read_and_unknown_ones_are_listed(letters, tmp_path):
    (tmp_path / "note").write_text("Subject: holiday\n\nI am away\n")
    answer = letters.must("letters", "bounces", tmp_path / "note", *WHY)
    assert answer.stdout.startswith("0 letters came back permanently, ")


def test_adopting_makes_letters_that_may_have_been_sent_ambiguous(letters):
    answer = letters.must("letters", "adopt", *WHY)
    assert answer.stdout == (
        "this installation sends from now on; 1 letter has become ambiguous\n"
        "2015-06: 1 to resolve: partner-program letters list 2015-06 --state ambiguous\n"
    )
    assert letters.must("letters", "list", JUNE, "--format", "json").json[0]["status"] == "ambiguous"


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"live": "true"}, "\"live\" is 'true', expected true or false"),
        ({"live": True}, 'live sending needs "allowed_domains"'),
        ({"live": True, "allowed_domains": "all"}, '"allowed_domains" is expected to be a list of domains'),
        ({"per_minute": 0}, '"per_minute" is 0, expected a whole number from 1'),
        ({"approval_days": True}, '"approval_days" is True, expected a whole number from 1'),
    ],
)
def test_an_unknown_setting_is_refused_by_name(letters, extra, said):
    words = {"conn_type": "smtp", "host": "mail.host.example", "password": "hush", "extra": extra}
    answer = letters.but(AIRFLOW_CONN_LETTERS_SMTP=json.dumps(words))("letters", "send", JUNE)
    assert answer.status == 1
    assert f"connection letters_smtp: {said}" in answer.stderr
    assert "hush" not in answer.said
