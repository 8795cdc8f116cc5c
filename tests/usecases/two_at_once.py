"""Acts that several people do at once, on each database that the programme may have."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.refusals import Refusal
from tests.servers import Postgres
from tests.worlds import World

_T = TypeVar("_T")


@contextmanager
def on_postgres(world: World, server: Postgres) -> Iterator[World]:
    """The world with a new programme database on PostgreSQL, which is dropped in the end."""
    name = server.programme()
    world.connections["partner_program"] = ConnectionFields(
        "partner_program", "postgres", host=server.folder, login="postgres", schema=name
    )
    yield world
    server.drop(name)


def in_threads(acts: Sequence[Callable[[], _T]]) -> list[_T | Refusal]:
    """Do all of them at once, each in a thread of its own; what each came to."""
    start, came_to = threading.Barrier(len(acts)), list[_T | Refusal]()

    def do(act: Callable[[], _T]) -> None:
        start.wait()
        try:
            came_to.append(act())
        except Refusal as refusal:
            came_to.append(refusal)

    threads = [threading.Thread(target=do, args=(act,)) for act in acts]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return came_to
