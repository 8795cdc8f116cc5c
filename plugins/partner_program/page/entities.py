"""Lets a few at a time ask entities' billing databases: their threads are the api-server's, which serves tasks too."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from fastapi import HTTPException

MOST_AT_ONCE = 4  # in each of the api-server's processes
_turns = BoundedSemaphore(MOST_AT_ONCE)


@contextmanager
def a_turn() -> Iterator[None]:
    """Ask within this block; whoever comes while others have every turn is told to try again."""
    if not _turns.acquire(blocking=False):
        raise HTTPException(503, "Others are asking the entities at this moment. Try again in a minute.")
    try:
        yield
    finally:
        _turns.release()
