"""One kind of work for the pages, done by one process apart at a time: each piece has a key, and a state of its own."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from partner_program.adapters.process_apart import start_apart, who_works
from partner_program.domain.refusals import Refusal
from partner_program.usecases.desk.apart import (
    LIMIT_SECONDS,
    WORKING,
    State,
    for_another_process,
    in_time,
    read_state,
    standing,
    write_state,
)
from partner_program.usecases.installation import Installation

Telling = Callable[[int, int], None]
_PAUSE_SECONDS = 0.5  # so often progress is written down


@dataclass(frozen=True, slots=True)
class WorkApart:
    """The work whose states lie below a folder; `then` is for a person where the time was not enough."""

    folder: Path
    then: str = "ask whoever runs this Airflow"

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
        *,
        connections: Sequence[str],
    ) -> bool:
        """Begin the work with a key, which is given these connections alone; False where other work is being done."""
        state = State("working", by, int(time.time()))
        there = for_another_process(installation, connections)

        def begin() -> None:
            self.write(key, state)

        begun = start_apart(self.lock, key, begin, work, there, key, state, seconds=LIMIT_SECONDS)
        if not begun and self.written(key) is None:
            self.write(key, replace(state, kind="waiting"))
        return begun

    @contextmanager
    def doing(self, key: str, begun: State) -> Iterator[Telling]:
        """Do the work in time, and write down how far it is and what became of it; a refusal ends it with its words."""
        with in_time(self.folder / key, begun, then=self.then):
            try:
                yield self._telling(key, begun)
            except Refusal as refusal:
                self.write(key, replace(begun, kind="refused", ended=int(time.time()), said=str(refusal)))
            else:
                self.write(key, replace(begun, kind="done", ended=int(time.time())))

    def look(self, key: str) -> tuple[str | None, State | None]:
        """What works, and the state of a key, None where it was never asked for."""
        return standing(self.folder / key) if self.written(key) else (who_works(self.lock), None)

    def written(self, key: str) -> State | None:
        """The state of a key as it was written down last."""
        return read_state(self.folder / key)

    def write(self, key: str, state: State) -> None:
        """Write down the state of a key."""
        write_state(self.folder / key, state)

    def _telling(self, key: str, begun: State) -> Telling:
        last = [0.0]

        def tell(done: int, of: int) -> None:
            if time.monotonic() - last[0] >= _PAUSE_SECONDS:
                last[0] = time.monotonic()
                self.write(key, replace(begun, decided=done, of=of))

        return tell
