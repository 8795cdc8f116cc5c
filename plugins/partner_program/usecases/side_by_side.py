"""Asks several entities at the same time, so that one that does not answer takes no time from the others."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_MOST_AT_ONCE = 32
_Answer = TypeVar("_Answer")


def side_by_side(questions: Sequence[Callable[[], _Answer]]) -> Iterator[_Answer]:
    """Yield the answers in the order of the questions, each as soon as it and all before it are there.

    Threads are enough: they wait for databases, which do the work. Each question has to end by itself.
    """
    if not questions:
        return
    with ThreadPoolExecutor(min(len(questions), _MOST_AT_ONCE), thread_name_prefix="entity") as pool:
        yield from pool.map(lambda ask: ask(), questions)
