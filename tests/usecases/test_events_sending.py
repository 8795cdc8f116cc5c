"""Sending events: at least once, each partner's in order, through kills on both sides, and to the endpoint alone."""

import base64
import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from demo.desk import free_port
from partner_program.domain.events import OutboxEvent
from partner_program.domain.refusals import Refusal
from partner_program.usecases.events import list_events
from partner_program.usecases.events_sending import BACK_OFF_SECONDS, EventReport, send_events
from tests.receiver import SECRET, Receiver
from tests.servers import Postgres
from tests.usecases.dying import Deadly, at_once, die_at, ended, start, states_of_killed
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force, three_partners
from tests.usecases.two_at_once import in_threads, on_postgres
from tests.worlds import World

OTHER = "whsec_" + base64.b64encode(b"the secret that comes after it..").decode()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as found:
        yield found


@pytest.fixture
def june(world: World, receiver: Receiver) -> World:
    """Four events: June in force, and the first tiers of P1, P2 and P3; the receiver is the endpoint."""
    june_in_force(world)
    world.connections["events_webhook"] = receiver.connection()
    return world


@pytest.fixture
def july(june: World) -> World:
    """Two more: July in force, and P1 in Tier 3."""
    june.bill("A1", JULY, 3_000_00)
    june.close(JULY)
    june.settle(JULY, on="2015-08-03")
    return june


def send(world: World, *, later: float = 0) -> EventReport:
    return send_events(world.installation, now=lambda: time.time() + later)


def events(world: World) -> list[OutboxEvent]:
    return list(reversed(list_events(world.installation).events))


def in_order(receiver: Receiver, world: World) -> None:
    came_in_order(receiver.ids, world)


def came_in_order(ids: list[str], world: World) -> None:
    """Each event came, and the first time that each came, those of its partner before it had come."""
    firsts = list(dict.fromkeys(ids))
    assert sorted(firsts) == sorted(each.event_id for each in events(world))
    for lane in {each.partner_id for each in events(world)}:
        own = [each.event_id for each in events(world) if each.partner_id == lane]
        assert [each for each in firsts if each in own] == own


def test_each_event_comes_once_as_a_signed_cloud_event_in_the_order_of_its_partner(
    july: World, receiver: Receiver
) -> None:
    assert send(july).outcomes == {"sent": 6}
    in_order(receiver, july)
    first = receiver.taken[0]
    assert first.pop("time").endswith("Z")
    assert first == {
        "specversion": "1.0",
        "id": events(july)[0].event_id,
        "source": "/partner-program",
        "type": "month.in_force",
        "subject": JUNE,
        "datacontenttype": "application/json",
        "data": {
            "billing_month": JUNE,
            "revision": 1,
            "effective_on": GO_LIVE,
            "decided": 3,
            "raised": 0,
            "lowered": 0,
            "held": 0,
        },
    }
    assert send(july).outcomes == {}
    assert len(receiver.taken) == 6


def test_euros_are_told_only_where_they_are_asked_for(june: World, receiver: Receiver) -> None:
    june.connections["events_webhook"] = receiver.connection(amounts=True)
    send(june)
    assert receiver.taken[1]["data"]["mrr_eur_cents"] == 2_000_00


def test_without_an_endpoint_events_wait_and_its_first_sending_leaves_old_ones(june: World, receiver: Receiver) -> None:
    endpoint = june.connections.pop("events_webhook")
    assert send(june) == EventReport(is_connected=False)
    assert {each.status for each in events(june)} == {"waiting"}
    june.connections["events_webhook"] = endpoint
    assert send(june, later=31 * 86_400).outcomes == {"too_old": 4}
    assert receiver.asked == []


def test_once_an_event_was_sent_nothing_is_ever_too_old(june: World, receiver: Receiver) -> None:
    receiver.answers = [500] * 4
    send(june)
    assert send(june, later=60 * 86_400).outcomes == {"sent": 4}


def test_what_is_not_taken_holds_back_its_own_partner_alone_and_is_tried_again_later(
    july: World, receiver: Receiver
) -> None:
    receiver.answers = [204, 500]  # the month, then P1
    assert send(july).outcomes == {"sent": 4, "deferred": 1}
    assert [(each["type"], each["subject"]) for each in receiver.taken] == [
        ("month.in_force", JUNE),
        ("partner.tier_changed", "P2"),
        ("partner.tier_changed", "P3"),
        ("month.in_force", JULY),
    ]
    assert send(july, later=50).outcomes == {}
    assert send(july, later=70).outcomes == {"sent": 2}
    in_order(receiver, july)


def test_after_ten_attempts_a_person_decides(june: World, receiver: Receiver) -> None:
    later = 0.0
    for wait in (*BACK_OFF_SECONDS, 0):
        receiver.answers = [204, 410] if not receiver.asked else [410]
        send(june, later=later)
        later += wait + 1
    (dead,) = [each for each in events(june) if each.status == "dead"]
    assert (dead.subject, dead.attempts, dead.reply) == ("P1", 10, "HTTP 410")
    assert send(june, later=later + 10**7).outcomes == {}


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_an_endpoint_that_says_later_counts_no_attempt(june: World, receiver: Receiver, status: int) -> None:
    receiver.answers = [204, status]
    report = send(june)
    assert (report.outcomes, report.stopped) == ({"sent": 1}, f"127.0.0.1: HTTP {status}")
    assert [(each.status, each.attempts) for each in events(june)] == [("sent", 1), *[("waiting", 0)] * 3]
    assert send(june).outcomes == {"sent": 3}


def test_an_endpoint_that_is_down_counts_no_attempt(june: World, receiver: Receiver) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        june.connections["events_webhook"] = receiver.connection(url=url)
        assert send(june).stopped == "127.0.0.1: no connection"
    assert {(each.status, each.attempts) for each in events(june)} == {("waiting", 0)}


def test_an_answer_that_never_comes_is_an_attempt_within_its_time(june: World, receiver: Receiver) -> None:
    receiver.before = lambda event: time.sleep(3 if event["subject"] == "P1" else 0)
    june.connections["events_webhook"] = receiver.connection(timeout=1)
    begun = time.monotonic()
    send(june)
    assert time.monotonic() - begun < 12
    assert next(each.reply for each in events(june) if each.subject == "P1") is not None


def test_no_redirect_is_followed_and_no_answer_is_kept(june: World, receiver: Receiver) -> None:
    receiver.answers = [302, 400]
    send(june)
    assert {path for path, _ in receiver.asked} == {"/events?token=hidden"}
    replies = [each.reply for each in events(june) if each.reply]
    assert replies == ["HTTP 302: redirects are not followed", "HTTP 400"]


def test_two_secrets_sign_while_one_is_replaced(june: World, receiver: Receiver) -> None:
    june.connections["events_webhook"] = receiver.connection(password=f"{OTHER} {SECRET}")
    assert send(june).outcomes == {"sent": 4}  # the receiver still verifies by the old one
    assert len(receiver.headers[0]["webhook-signature"].split()) == 2
    receiver.secret = OTHER
    june.bill("A1", JULY, 3_000_00)
    june.close(JULY)
    june.settle(JULY, on="2015-08-03")
    assert send(june).outcomes == {"sent": 2}  # and it verifies by the new one


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"addresses": []}, 'leads to an address that is not public and not in "addresses"'),
        ({"addresses": ["10.0.0.0/8"]}, 'leads to an address that is not public and not in "addresses"'),
        ({"hosts": ["hooks.crm.example"]}, 'the host of "url" is not one of "hosts"'),
        ({"url": "ftp://127.0.0.1/", "hosts": ["127.0.0.1"]}, '"url": expected an address'),
        ({"url": "http://kim:word@127.0.0.1/"}, "without a login"),
        ({"address": ["127.0.0.1"]}, "address: not known; known are"),
        ({"amounts": "true"}, "\"amounts\" is 'true', expected true or false"),
        ({"timeout": 60}, '"timeout": expected whole seconds from 1 to 30'),
    ],
)
def test_an_endpoint_that_may_not_be_asked_is_refused_and_nothing_counts(
    june: World, receiver: Receiver, extra: dict[str, Any], message: str
) -> None:
    june.connections["events_webhook"] = receiver.connection(**extra)
    with pytest.raises(Refusal, match=message) as refused:
        send(june)
    assert "hidden" not in str(refused.value)
    assert "word" not in str(refused.value)
    assert receiver.asked == []
    assert {(each.status, each.attempts) for each in events(june)} == {("waiting", 0)}


@pytest.mark.parametrize(
    "password", ["", "whsec_", "whsec_c2hvcnQ=", f"{SECRET} {SECRET} {SECRET}", SECRET[6:], "qwerty"]
)
def test_a_secret_that_is_none_is_refused_and_never_shown(june: World, receiver: Receiver, password: str) -> None:
    fields = receiver.connection()
    june.connections["events_webhook"] = type(fields)("events_webhook", "http", password=password, extra=fields.extra)
    with pytest.raises(Refusal, match="password: expected whsec_") as refused:
        send(june)
    assert not password.removeprefix("whsec_") or password not in str(refused.value)


def test_a_name_that_leads_elsewhere_after_it_was_checked_is_not_asked_again(
    june: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    found = socket.getaddrinfo("127.0.0.1", receiver.port, type=socket.SOCK_STREAM)

    def rebinding(host: str, *_more: Any, **_types: Any) -> Any:
        asked.append(host)
        return found

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    june.connections["events_webhook"] = receiver.connection(
        url=f"http://rebound.example:{receiver.port}/", hosts=["rebound.example"]
    )
    assert send(june).outcomes == {"sent": 4}
    assert asked == ["rebound.example"] * 4
    june.connections["events_webhook"] = receiver.connection(
        url=f"https://rebound.example:{receiver.port}/", hosts=["rebound.example"], addresses=[]
    )
    june.bill("A1", JULY, 3_000_00)
    june.close(JULY)
    june.settle(JULY, on="2015-08-03")
    with pytest.raises(Refusal, match=r"rebound\.example leads to an address that is not public"):
        send(june)


@pytest.mark.processes
def test_a_sender_killed_anywhere_leaves_a_state_from_which_every_event_comes_in_order(
    july: World, receiver: Receiver
) -> None:
    count = 0
    for _, state in states_of_killed(lambda: send(july), july.folder):
        count += 1
        shutil.copytree(state, july.folder, dirs_exist_ok=True)
        for journal in july.folder.glob("*-journal"):
            if not (state / journal.name).exists():
                journal.unlink()
        receiver.taken.clear()
        before = {each.event_id for each in events(july) if each.status == "sent"}
        july_later = send_events(july.installation, now=lambda: time.time() + 3_600)
        assert july_later.stopped == ""
        assert {each.status for each in events(july)} == {"sent"}
        rest = [each for each in events(july) if each.event_id not in before]
        assert sorted(set(receiver.ids)) == sorted(each.event_id for each in rest)
        for lane in {each.partner_id for each in rest}:
            own = [each.event_id for each in rest if each.partner_id == lane]
            assert [each for each in receiver.ids if each in own] == own
    assert count > 8


@pytest.mark.processes
def test_a_sender_killed_between_handing_over_and_marking_hands_over_again_with_the_same_id(
    june: World, receiver: Receiver
) -> None:
    sender: list[int] = []

    def kill(event: dict[str, Any]) -> None:
        if event["subject"] == "P1" and sender:
            os.kill(sender.pop(), signal.SIGKILL)

    receiver.before = kill
    gate, opened = os.pipe()

    def when_known() -> None:
        os.read(gate, 1)
        send(june)

    sender.append(start(when_known))
    child = sender[0]
    os.write(opened, b"1")
    assert ended(child) == -signal.SIGKILL
    assert "claimed" in {each.status for each in events(june)}
    send(june)
    twice = next(each.event_id for each in events(june) if each.subject == "P1")
    assert receiver.ids.count(twice) == 2
    in_order(receiver, june)


def test_a_receiver_that_breaks_off_gets_the_event_again(july: World, receiver: Receiver) -> None:
    broken: list[str] = []

    def break_off(event: dict[str, Any]) -> None:
        if event["id"] not in broken:
            broken.append(event["id"])
            raise ConnectionResetError

    receiver.before = break_off
    receiver._server.handle_error = lambda *_: None  # type: ignore[method-assign]
    for later in range(0, 1_000, 100):
        send(july, later=later)
    in_order(receiver, july)


class Kept(list[Any]):
    """Keeps the ids of events in a file, as a receiver that may be killed; `after` is called before it answers."""

    def __init__(self, file: Path, after: Callable[[], object]) -> None:
        super().__init__()
        self._file, self._after = file, after

    def append(self, event: Any) -> None:
        with self._file.open("a") as file:
            file.write(event["id"] + "\n")
        self._after()


def receive_until_killed(port: int, file: Path, point: int, up: int) -> None:
    """Receive until the given time that an event is about to be kept or was kept and not answered yet."""
    deadly = Deadly(point)
    with Receiver(port=port) as own:
        own.before = lambda _event: deadly()
        own.taken = Kept(file, deadly)
        os.write(up, b"1")
        signal.pause()


@pytest.mark.processes
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_sender_and_receiver_are_killed_in_turn_and_every_event_comes_in_order(
    july: World, receiver: Receiver, tmp_path: Path
) -> None:
    port, file, killed = free_port(), tmp_path / "kept", {"sender": 0, "receiver": 0}
    file.touch()
    july.connections["events_webhook"] = receiver.connection(url=f"http://127.0.0.1:{port}/events")
    rounds = 0
    while {each.status for each in events(july)} != {"sent"}:
        rounds += 1
        assert rounds < 40, [(each.subject, each.status, each.attempts) for each in events(july)]
        came, up = os.pipe()
        child = start(partial(receive_until_killed, port, file, 1 + rounds % 4, up))
        os.close(up)
        assert os.read(came, 1), "the receiver is up"
        os.close(came)
        killed["sender"] += die_at(7 + rounds * 5 % 13, partial(send, july, later=rounds * 40_000))
        killed["receiver"] += was_killed(child)
    ids = file.read_text().split()
    came_in_order(ids, july)
    assert len(ids) > len(set(ids)), "what was kept and not answered came again"
    assert min(killed.values()) > 1, killed


def was_killed(child: int) -> bool:
    """Whether a child killed itself; one that still runs is ended."""
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGTERM)
    return ended(child) == -signal.SIGKILL


@pytest.mark.processes
def test_two_senders_at_once_send_each_event_in_order(july: World, receiver: Receiver) -> None:
    assert at_once([lambda: send(july), lambda: send(july)]) == [0, 0]
    send(july)
    in_order(receiver, july)
    assert len(receiver.taken) == 6, "neither took what the other had"


def test_no_secret_is_kept_anywhere(june: World, receiver: Receiver) -> None:
    receiver.answers = [500, 302]
    send(june)
    kept = june.program_db.read_bytes()
    for secret in (SECRET.removeprefix("whsec_").encode(), b"hidden", b"127.0.0.1"):
        assert secret not in kept
    assert json.dumps(june.connections["events_webhook"].extra) not in repr(june.connections["events_webhook"])


@pytest.mark.server
def test_on_postgres_two_senders_send_each_event_in_order(
    world: World, receiver: Receiver, shared_postgres: Postgres
) -> None:
    with on_postgres(world, shared_postgres):
        three_partners(world).settle(JUNE, on=GO_LIVE)
        world.bill("A1", JULY, 3_000_00)
        world.close(JULY)
        world.settle(JULY, on="2015-08-03")
        world.connections["events_webhook"] = receiver.connection()
        receiver.answers = [204, 500]
        in_threads([lambda: send(world), lambda: send(world)])
        assert [each.status for each in events(world)].count("sent") == 4
        assert send(world, later=70).outcomes == {"sent": 2}
        in_order(receiver, world)
