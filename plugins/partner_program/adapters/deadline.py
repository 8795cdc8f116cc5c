"""Ends the work on an entity's database when its time is over, whatever it waits for.

The work has a thread of its own, which the caller leaves at the deadline: a file on a dead network drive, or a server
that took the connection and went silent, cannot be asked to stop. Each dialect also ends its own work at the deadline,
so that hardly ever such a thread is left behind, and a statement does not run on in a server that nobody listens to.
"""

import math
import os
import re
import socket
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from threading import Thread
from time import monotonic
from typing import TypeVar

from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.refusals import Refusal, Unavailable

DEADLINE_SECONDS = 600
STATEMENT_SECONDS = 600
CONNECT_SECONDS = 10
BUSY_SECONDS = 5.0
# Some milliseconds of work of SQLite's: so often it asks whether the time is over.
STEPS_BETWEEN_LOOKS = 200_000
_TIDY_SECONDS = 1.0  # how long work that was ended may take to close its connection
_WHOLE_SECONDS = re.compile(r"[1-9]\d{0,4}", re.ASCII)
_LONGEST = 86_400
_Answer = TypeVar("_Answer")


class NoAnswer(Unavailable):
    """An entity's database did not answer within the time that its connection allows."""


class Deadline:
    """When the work on one entity's database must be done."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._end = monotonic() + seconds
        self._sockets: list[socket.socket] = []
        self._stops: list[Callable[[], object]] = []

    def seconds_left(self) -> float:
        """Return the seconds that are left, never less than 0."""
        return max(0.0, self._end - monotonic())

    def whole_seconds_left(self) -> int:
        """Return the seconds that are left, rounded up and at least 1, for settings in which 0 means no limit."""
        return max(1, math.ceil(self.seconds_left()))

    def is_over(self) -> bool:
        """Return whether the time is over."""
        return self.seconds_left() == 0

    def fault(self) -> NoAnswer:
        """Return what is wrong with an entity whose time is over."""
        unit = "second" if self._seconds == 1 else "seconds"
        return NoAnswer(f"no answer within {self._seconds} {unit}")

    def will_end(self, fileno: int) -> None:
        """Remember a connection's socket, which is shut down at the deadline: a driver that waits for it then returns.

        The number is duplicated: once the driver has closed its socket, its number may soon be another's.
        """
        self._sockets.append(socket.socket(fileno=os.dup(fileno)))

    def will_stop(self, stop: Callable[[], object]) -> None:
        """Remember what to call at the deadline to end work; it may take long itself, or find that all is over."""
        self._stops.append(stop)

    def shut_down(self) -> None:
        """End the connections that are still open, and the work in this process."""
        for stop in self._stops:
            Thread(target=stop, daemon=True).start()
        for each in self._sockets:
            with suppress(OSError):  # the other side has closed it
                each.shutdown(socket.SHUT_RDWR)

    def forget(self) -> None:
        """Close what `will_end` keeps."""
        for each in self._sockets:
            each.close()


def deadline_seconds(fields: ConnectionFields) -> int:
    """Return how long the work on an entity's database may take: `deadline` in the connection's extra, whole seconds.

    Where it is not set, a longer `statement_timeout` counts: one statement may not be given more time than all of them.
    """
    return _whole_seconds(fields, "deadline", max(DEADLINE_SECONDS, seconds_allowed(fields)))


def seconds_allowed(fields: ConnectionFields) -> int:
    """Return how long one statement may take on a server, in seconds: `statement_timeout` in the connection's extra."""
    return _whole_seconds(fields, "statement_timeout", STATEMENT_SECONDS)


def _whole_seconds(fields: ConnectionFields, name: str, unless_set: int) -> int:
    """Return a number of the connection's extra; it may be text, as in the URI form."""
    asked = fields.extra.get(name)
    if asked is None:
        return unless_set
    if not _WHOLE_SECONDS.fullmatch(str(asked)) or int(str(asked)) > _LONGEST:
        raise Refusal(f"connection {fields.conn_id}: {name} in extra: expected whole seconds, as in 600")
    return int(str(asked))


def busy_seconds(fields: ConnectionFields, deadline: Deadline) -> float:
    """Return how long to wait for a writer of a SQLite file, in seconds: `timeout` in the connection's extra.

    Never more than the deadline leaves: SQLite asks nobody while it waits.
    """
    seconds = str(fields.extra.get("timeout", BUSY_SECONDS))
    if not re.fullmatch(r"\d{1,4}(\.\d+)?", seconds, re.ASCII):
        raise Refusal(f"connection {fields.conn_id}: timeout in extra: expected seconds, as in 5")
    return min(float(seconds), deadline.whole_seconds_left())


def answer_within(seconds: int, work: Callable[[Deadline], _Answer]) -> _Answer:
    """Return what `work` returns, or raise what it raises; `NoAnswer` where that takes longer.

    Work that writes has to look at the deadline before it commits: nobody may be left to hear of it.
    """
    deadline = Deadline(seconds)
    answer: Future[_Answer] = Future()
    Thread(target=_give, args=(answer, work, deadline), daemon=True).start()
    wait([answer], timeout=deadline.seconds_left())
    if not answer.done():
        deadline.shut_down()
        wait([answer], timeout=_TIDY_SECONDS)  # whatever it gives now comes too late
        raise deadline.fault()
    return answer.result()


def _give(answer: "Future[_Answer]", work: Callable[[Deadline], _Answer], deadline: Deadline) -> None:
    try:
        answer.set_result(work(deadline))
    except BaseException as fault:  # noqa: BLE001 - the thread that waits raises it
        answer.set_exception(fault)
    finally:
        deadline.forget()
