"""One kind of work for the pages, done by one process apart at a time: each piece has a key, and a state of its own."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from partner_program.adapters.process_apart import start_apart, who_works
from partner_program.domain.refusals import Refusal
from partner_program.usecases.desk.apart import (
    LIMIT_SECONDS,
    WORKING,
    Kind,
    State,
    for_another_process,
    in_time,
    read_state,
    remove_old,
    standing,
    write_state,
)
from partner_program.usecases.installation import Installation

_PAUSE_SECONDS = 0.5  # so often progress is written down


class _BegunBefore(Exception):
    """The same was asked for before, and is not to be done again."""


@dataclass(slots=True)
class Progress:
    """How far a piece of work is; `said` is kept with it once it is done."""

    folder: Path
    begun: State
    said: str = ""
    _told: float = field(default=0.0, repr=False)

    def tell(self, done: int, of: int) -> None:
        """Write down how far it is, not more often than people look."""
        if time.monotonic() - self._told >= _PAUSE_SECONDS:
            self._told = time.monotonic()
            write_state(self.folder, replace(self.begun, decided=done, of=of))


@dataclass(frozen=True, slots=True)
class WorkApart:
    """The work whose states lie below a folder; `then` is for a person where the time was not enough.

    Of other pieces the newest `most_kept` stay, for some days; None: all of them.
    """

    folder: Path
    then: str = "ask whoever runs this Airflow"
    most_kept: int | None = None

    @property
    def lock(self) -> Path:
        """The lock that says what works."""
        return self.folder / WORKING

    def start(
        self,
        key: str,
        by: str,
        work: Callable[[Installation, str, State], None],
        installation: Installation,
        connections: Sequence[str],
        prepare: Callable[[], object] | None = None,
        again_after: Collection[Kind] | None = None,
    ) -> bool:
        """Begin `work(installation, key, state)`, which is given these connections alone.

        False where other work is being done. The same key again begins it anew; with `again_after` only where it ended
        so before. `prepare` is called once it is sure to begin.
        """
        folder = self.folder / key
        state = State("working", by, int(time.time()))

        def begin() -> None:
            before = read_state(folder)
            # The lock is ours: whatever says that it works was ended from outside.
            ended = before and ("ended" if before.kind == "working" else before.kind)
            if again_after is not None and ended is not None and ended not in again_after:
                raise _BegunBefore
            if prepare is not None:
                prepare()
            if self.most_kept is not None:
                remove_old(folder, self.most_kept)
            write_state(folder, state)

        there = for_another_process(installation, connections)
        try:
            return start_apart(self.lock, key, begin, work, there, key, state, seconds=LIMIT_SECONDS)
        except _BegunBefore:
            return True

    @contextmanager
    def doing(self, key: str, begun: State) -> Iterator[Progress]:
        """Do the work in time, and write down how far it is and what became of it; a refusal ends it with its words."""
        folder = self.folder / key
        progress = Progress(folder, begun)
        with in_time(folder, begun, then=self.then):
            try:
                yield progress
            except Refusal as refusal:
                write_state(folder, replace(begun, kind="refused", ended=int(time.time()), said=str(refusal)))
            else:
                write_state(folder, replace(begun, kind="done", ended=int(time.time()), said=progress.said))

    def look(self, key: str) -> tuple[str | None, State | None]:
        """What works, and the state of a key, None where it was never begun."""
        return standing(self.folder / key) if self.written(key) else (who_works(self.lock), None)

    def written(self, key: str) -> State | None:
        """The state of a key as it was written down last."""
        return read_state(self.folder / key)
