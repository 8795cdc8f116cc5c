"""Pauses garbage collection where many records are made and nothing refers to itself: it would search them in vain."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """Pause garbage collection in this process: a tenth of a pull, a fifth of settling a month of many partners.

    What nothing refers to any more is freed all the same; only circles of references wait.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
