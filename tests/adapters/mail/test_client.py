"""What is known about a letter after each fault that a mail server can have."""

import dataclasses
import logging
import threading
from base64 import b64encode
from collections.abc import Callable

import pytest

from partner_program.adapters.mail.client import Envelope, MailServerAway, SmtpClient, StopSending
from partner_program.domain.delivery import NEXT, Outcome
from tests.smtp.fault_modes import SCRIPTS, Mode, Phase, Say
from tests.smtp.fault_server import LOGIN, MODES, PASSWORD, FaultServer

RETURN_PATH = "bounces+1@sender.example"
TEXT = b"Message-ID: <1@sender.example>\r\nSubject: Your tier\r\n\r\nHello.\r\n.\r\n..two\r\n.hidden\r\n\r\nBye.\r\n"
MESSAGE_ID = "<1@sender.example>"


def letter(recipient: str = "ada@partner.example", message: bytes = TEXT, **more: bool) -> Envelope:
    return Envelope(RETURN_PATH, recipient, message, needs_smtputf8=more.get("needs_smtputf8", False))


def numbered(number: int, recipient: str = "ada@partner.example") -> Envelope:
    return letter(recipient, TEXT.replace(b"<1@", b"<%d@" % number))


def nothing() -> None:
    """Stands for a caller that has nothing to commit before the dot."""


def outcome_of(server: FaultServer, envelope: Envelope, before_dot: Callable[[], None] = nothing) -> Outcome:
    with SmtpClient(server.settings()) as session:
        return session.deliver(envelope, before_dot)


def test_there_is_a_mode_for_every_phase_and_more_than_thirty() -> None:
    phases = {phase for mode in SCRIPTS.values() for phase in mode.at}
    assert phases >= {
        "banner",
        "ehlo",
        "starttls",
        "auth",
        "mail",
        "rcpt",
        "data",
        "dot",
        "rset",
        "quit",
        "idle",
        "text",
    }
    assert len(MODES) > 30


@pytest.mark.parametrize("mode", [mode for mode, expected in MODES.items() if expected != "stop"])
def test_the_outcome_says_what_is_known(mode: str) -> None:
    calls: list[dict[str, list[bytes]]] = []
    with FaultServer(mode) as server:
        outcome = outcome_of(server, letter(), lambda: calls.append(dict(server.bodies)))
    assert outcome.state == MODES[mode]
    dot_was_sent = MODES[mode] in ("accepted", "ambiguous") or mode.startswith("dot_")
    assert calls == ([{}] if dot_was_sent else [])
    assert server.bodies == ({MESSAGE_ID: [TEXT]} if dot_was_sent and mode != "text_stall" else {})
    if MODES[mode] in ("deferred", "refused", "approved"):
        assert server.kept == {}
    assert outcome.state in NEXT["dot_pending" if dot_was_sent else "claimed"]
    assert_shown_safely(outcome.reply)


@pytest.mark.parametrize("mode", [mode for mode, expected in MODES.items() if expected == "stop"])
def test_the_batch_stops_before_anything_of_a_letter_is_sent(mode: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with FaultServer(mode) as server, pytest.raises(StopSending) as stopped:
        outcome_of(server, letter(), never)
    assert server.bodies == {}
    assert server.unfinished == []
    assert f"127.0.0.1:{server.port}" in str(stopped.value)
    assert_shown_safely(str(stopped.value) + caplog.text)
    assert stopped.value.__cause__ is None
    assert stopped.value.__suppress_context__ or stopped.value.__context__ is None


def assert_shown_safely(text: str) -> None:
    assert text.isascii()
    assert text.isprintable()
    assert len(text) < 700
    for secret in (PASSWORD, *(b64encode(each).decode() for each in secrets_on_the_wire())):
        assert secret not in text


def secrets_on_the_wire() -> tuple[bytes, bytes]:
    return PASSWORD.encode(), f"\0{LOGIN}\0{PASSWORD}".encode()


def never() -> None:
    raise AssertionError("nothing may come to the final dot here")


@pytest.mark.parametrize(
    "mode", ["banner_421", "banner_stall", "ehlo_drop", "auth_454", "starttls_454", "handshake_drop"]
)
def test_a_fault_that_may_pass_says_that_trying_again_helps(mode: str) -> None:
    with FaultServer(mode) as server, pytest.raises(MailServerAway):
        outcome_of(server, letter())


@pytest.mark.parametrize("mode", ["banner_554", "starttls_missing", "certificate_expired", "auth_535", "mail_530"])
def test_a_lasting_fault_does_not_say_that_trying_again_helps(mode: str) -> None:
    with FaultServer(mode) as server, pytest.raises(StopSending) as stopped:
        outcome_of(server, letter())
    assert not isinstance(stopped.value, MailServerAway)


def test_an_absent_server_stops_the_batch_and_is_named() -> None:
    with FaultServer("plain") as server:
        settings = server.settings()
    with pytest.raises(MailServerAway, match=rf"127\.0\.0\.1:{server.port}: not reachable"):
        SmtpClient(settings).__enter__()


def test_a_password_that_the_server_repeats_is_not_shown() -> None:
    plain = b64encode(f"\0{LOGIN}\0{PASSWORD}".encode())
    echo = b" ".join([b"you said", PASSWORD.encode(), b64encode(PASSWORD.encode()), plain])
    answers: list[tuple[Phase, bytes]] = [("auth", b"535"), ("auth", b"454"), ("mail", b"550"), ("mail", b"530")]
    for phase, code in [*answers, ("rcpt", b"450"), ("dot", b"250")]:
        with FaultServer("auth_plain") as server:
            server.mode = with_answer(server, phase, code + b" " + echo + b"\r\n")
            try:
                said = outcome_of(server, letter()).reply
            except StopSending as stopped:
                said = str(stopped)
        assert code.decode() in said
        assert_shown_safely(said)


def with_answer(server: FaultServer, phase: Phase, text: bytes) -> Mode:
    return dataclasses.replace(server.mode, at={phase: Say(text)})


@pytest.mark.parametrize("mode", ["starttls", "starttls_missing", "certificate_self_signed", "starttls_then_more"])
def test_only_the_greeting_is_sent_without_tls(mode: str) -> None:
    with FaultServer(mode) as server:
        try:
            outcome_of(server, letter())
        except StopSending:
            assert [each[:4] for each in server.commands] in (["EHLO"], ["EHLO", "STAR"])
        else:
            assert [each[:4] for each in server.commands] == ["EHLO", "STAR", "EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


def test_both_ways_of_logging_in_say_the_same() -> None:
    with FaultServer("auth_plain") as server:
        outcome_of(server, letter())
    assert f"AUTH PLAIN {b64encode(f'{chr(0)}{LOGIN}{chr(0)}{PASSWORD}'.encode()).decode()}" in server.commands
    with FaultServer("auth_login") as server:
        outcome_of(server, letter())
    words = [b64encode(each.encode()).decode() for each in (LOGIN, PASSWORD)]
    assert ["AUTH LOGIN", *words] == server.commands[3:6]


def test_the_answer_of_an_accepted_letter_is_kept_with_its_queue_id() -> None:
    with FaultServer("plain") as server:
        assert outcome_of(server, letter()) == Outcome("accepted", "250 2.0.0 kept as Q1")


@pytest.mark.parametrize("mode", ["plain", "pipelining", "idle_drop", "idle_421", "dot_250_then_drop", "tls"])
def test_each_of_many_letters_arrives_once_and_whole(mode: str) -> None:
    with FaultServer(mode) as server, SmtpClient(server.settings()) as session:
        states = [session.deliver(numbered(number), nothing).state for number in range(20)]
    assert states == ["accepted"] * 20
    assert {len(texts) for texts in server.kept.values()} == {1}
    assert len(server.kept) == 20
    dropped = mode in ("idle_drop", "idle_421", "dot_250_then_drop")
    assert server.conversations == (20 if dropped else 1)


@pytest.mark.parametrize("offers", [("SIZE",), ("SIZE", "PIPELINING")])
@pytest.mark.parametrize(
    "order", [("ada@partner.example", "nobody@partner.example"), ("nobody@a.example", "b@b.example")]
)
def test_a_refused_recipient_does_not_change_the_outcome_of_the_other(
    offers: tuple[str, ...], order: tuple[str, str]
) -> None:
    with FaultServer("one_of_two_recipients_refused") as server:
        server.mode = dataclasses.replace(server.mode, offers=offers)
        with SmtpClient(server.settings()) as session:
            states = [session.deliver(numbered(number, to), nothing).state for number, to in enumerate(order)]
    assert states == ["refused" if to.startswith("nobody@") else "accepted" for to in order]
    assert [to for each in server.recipients.values() for to in each] == [to for to in order if "nobody" not in to]
    assert server.conversations == 1


def test_greylisting_is_over_at_the_second_try() -> None:
    with FaultServer("greylisting") as server, SmtpClient(server.settings()) as session:
        assert [session.deliver(letter(), nothing).state for _ in range(2)] == ["deferred", "accepted"]
    assert server.bodies == {MESSAGE_ID: [TEXT]}


def test_a_354_without_a_recipient_leaves_no_letter_behind_and_the_next_one_arrives() -> None:
    with FaultServer("pipelined_rcpt_550_data_354", times=1) as server, SmtpClient(server.settings()) as session:
        states = [session.deliver(numbered(number), nothing).state for number in range(2)]
    assert states == ["refused", "accepted"]
    assert server.bodies == {"<1@sender.example>": [TEXT]}
    assert server.conversations == 2


@pytest.mark.parametrize(
    "mode",
    [mode for mode, state in MODES.items() if state in ("approved", "deferred", "refused", "ambiguous")],
)
def test_after_a_fault_the_next_letter_arrives_once(mode: str) -> None:
    with FaultServer(mode, times=1) as server, SmtpClient(server.settings()) as session:
        first = session.deliver(numbered(0), nothing).state
        second = session.deliver(numbered(2, "eve@other.example"), nothing)
    if SCRIPTS[mode].first_time_only:
        assert second.state == "deferred"
    else:
        assert second.state == "accepted"
        assert server.kept["<2@sender.example>"] == [TEXT.replace(b"<1@", b"<2@")]
    left_at_mail = mode in ("mail_drop", "mail_421", "pipelined_drop")  # the same letter is sent over a new connection
    assert first == ("accepted" if left_at_mail else MODES[mode])
    assert all(len(texts) == 1 for texts in server.bodies.values())


@pytest.mark.parametrize("mode", ["mail_drop", "mail_421", "pipelined_drop"])
def test_a_reused_connection_that_dies_at_mail_is_replaced_once(mode: str) -> None:
    with FaultServer("plain") as server, SmtpClient(server.settings()) as session:
        session.deliver(numbered(0), nothing)
        server.mode = SCRIPTS[mode]
        server.limit(1)
        assert session.deliver(numbered(1), nothing).state == "accepted"
    assert server.conversations == 2
    assert all(len(texts) == 1 for texts in server.bodies.values())


def test_the_dot_is_not_sent_if_the_caller_cannot_commit() -> None:
    class DatabaseGone(Exception):
        pass

    def fails() -> None:
        raise DatabaseGone

    with FaultServer("pipelining") as server, SmtpClient(server.settings()) as session:
        with pytest.raises(DatabaseGone):
            session.deliver(numbered(0), fails)
        assert session.deliver(numbered(1), nothing).state == "accepted"
    assert list(server.bodies) == ["<1@sender.example>"]
    assert all(b"\r\n.\r\n" not in text.replace(b"\r\n..", b"") for text in server.unfinished)
    assert server.conversations == 2


def test_a_server_that_hangs_up_while_the_caller_commits_makes_the_letter_ambiguous() -> None:
    with FaultServer("plain") as server:
        outcome = outcome_of(server, letter(), server.hang_up)
    assert outcome.state == "ambiguous"
    assert server.bodies == {}


def test_a_server_that_stops_reading_in_a_large_text_is_given_up_in_time_and_before_the_dot() -> None:
    with FaultServer("text_stall") as server:
        settings = server.settings(message_timeout=1)
        large = TEXT + b"x" * 900 + b"\r\n"
        with SmtpClient(settings) as session:
            outcome = session.deliver(letter(message=large + (b"y" * 900 + b"\r\n") * 9_000), never)
    assert outcome.state == "approved"
    assert "within 1 s" in outcome.reply


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b".",
        b".\r\n",
        b"..\r\n.\r\n",
        b"\r\n.\r\n",
        b"a\r\n.\r\nMAIL FROM:<x@evil.example>\r\nRCPT TO:<y@evil.example>\r\nDATA\r\nb\r\n.\r\n",
        b"no end of line",
        b"ends with a dot\r\n.",
        b"\r\n",
        b"x" * 998 + b"\r\n",
        b"." * 998 + b"\r\n",
        b"\r\n" * 50 + b".\r\n" * 50,
        bytes(sign for sign in range(1, 128) if sign not in (10, 13)) + b"\r\n",
    ],
)
@pytest.mark.parametrize("mode", ["plain", "pipelining"])
def test_what_the_server_gets_is_what_was_sent(message: bytes, mode: str) -> None:
    with FaultServer(mode) as server:
        assert outcome_of(server, letter(message=message)).state == "accepted"
    ended = message if not message or message.endswith(b"\r\n") else message + b"\r\n"
    assert list(server.kept.values()) == [[ended]]


@pytest.mark.parametrize(
    "message",
    [
        b"a\nb\r\n",
        b"a\rb\r\n",
        b"a\r\n.\nb\r\n",
        b"a\n.\n",
        b"a\r.\r",
        b"a\0b\r\n",
        b"\r\r\n",
        b"x" * 999 + b"\r\n",
        b"a\r",
    ],
)
@pytest.mark.parametrize("mode", ["plain", "pipelining"])
def test_a_message_that_could_end_early_is_not_sent(message: bytes, mode: str) -> None:
    with FaultServer(mode) as server, SmtpClient(server.settings()) as session:
        assert session.deliver(letter(message=message), never).state == "undeliverable"
        assert session.deliver(numbered(2), nothing).state == "accepted"
    assert list(server.bodies) == ["<2@sender.example>"]
    assert set(server.unfinished) <= {b""}
    assert server.conversations == (1 if mode == "plain" else 2)


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example\r\nRCPT TO:<evil@evil.example>",
        "a@b.example\nDATA",
        "a@b.example\r",
        "a@b.example\0",
        "a@b.example> SIZE=1",
        "<a@b.example>",
        "a b@c.example",
        "a@b.example, c@d.example ",
        "nobody",
        "@b.example",
        "a@",
        "",
        "a\u202e@b.example",
        "a\u2028@b.example",
        "ü@b.example",
        "a@bücher.example",
        "a" * 250 + "@b.example",
        '"a\\"@b.example',
    ],
)
def test_nothing_is_sent_to_an_invalid_address(address: str) -> None:
    with FaultServer("plain") as server:
        assert outcome_of(server, letter(address), never).state == "undeliverable"
    assert [each[:4] for each in server.commands] == ["EHLO", "QUIT"]


def test_a_return_path_is_checked_like_a_recipient_and_may_be_empty() -> None:
    with FaultServer("plain") as server, SmtpClient(server.settings()) as session:
        assert session.deliver(dataclasses.replace(letter(), return_path="a@b\r\nRSET"), never).state == "undeliverable"
        assert session.deliver(dataclasses.replace(letter(), return_path=""), nothing).state == "accepted"
    assert f"MAIL FROM:<> SIZE={len(TEXT)}" in server.commands


@pytest.mark.parametrize("offered", [True, False])
def test_a_non_ascii_address_is_sent_only_to_a_server_that_supports_it(offered: bool) -> None:
    with FaultServer("plain") as server:
        if offered:
            server.mode = dataclasses.replace(server.mode, offers=("8BITMIME", "SMTPUTF8"))
        outcome = outcome_of(server, letter("żółw@partner.example", needs_smtputf8=True))
    assert outcome.state == ("accepted" if offered else "undeliverable")
    assert (f"MAIL FROM:<{RETURN_PATH}> SMTPUTF8" in server.commands) is offered


@pytest.mark.parametrize("offered", [True, False])
def test_non_ascii_bytes_are_sent_only_to_a_server_that_supports_them(offered: bool) -> None:
    with FaultServer("plain") as server:
        if offered:
            server.mode = dataclasses.replace(server.mode, offers=("8BITMIME",))
        outcome = outcome_of(server, letter(message="Subject: ü\r\n\r\n".encode()))
    assert outcome.state == ("accepted" if offered else "undeliverable")
    assert (f"MAIL FROM:<{RETURN_PATH}> BODY=8BITMIME" in server.commands) is offered


def test_a_message_that_is_too_large_for_this_server_is_not_sent() -> None:
    with FaultServer("plain") as server:
        server.mode = dataclasses.replace(server.mode, offers=(f"SIZE {len(TEXT) - 1}",))
        outcome = outcome_of(server, letter(), never)
    assert outcome.state == "undeliverable"
    assert str(len(TEXT)) in outcome.reply


def test_after_a_fault_of_the_caller_the_session_hangs_up_without_quit() -> None:
    with FaultServer("plain") as server, pytest.raises(ZeroDivisionError), SmtpClient(server.settings()):
        _ = 1 // 0
    assert "QUIT" not in server.commands


def test_sessions_side_by_side_do_not_disturb_each_other() -> None:
    states: list[str] = []

    def send(first: int) -> None:
        with SmtpClient(server.settings()) as session:
            states.extend(session.deliver(numbered(first + step), nothing).state for step in range(10))

    with FaultServer("pipelining") as server:
        threads = [threading.Thread(target=send, args=(100 * number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert states == ["accepted"] * 40
    assert all(len(texts) == 1 for texts in server.kept.values())
    assert len(server.kept) == 40
