"""Starts processes that work for this one: they end as soon as it does, however it ends.

They are new processes, not copies of this one: a copy would have its memory, its threads and its open files.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from partner_program.domain.refusals import Unavailable


@contextmanager
def child_processes(count: int, *, doing: str) -> Iterator[ProcessPoolExecutor]:
    """Yield at most so many processes; raises `Unavailable` where one is ended from outside while it is `doing` that.

    Work that was not begun when the block ends is not done any more.
    """
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer=_end_with_parent)
    try:
        yield pool
    except BrokenProcessPool:
        raise Unavailable(
            f"a process that {doing} was ended from outside: run the month again, it goes on there"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """Leave Ctrl-C to the process that started this one, and end when it ends, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # at once: the files and the database bear an end at any point
