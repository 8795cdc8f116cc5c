"""Says at once that nothing is new about a month, without deciding it again.

A small file keeps a hash of everything that decided the month when a run found nothing to write: the rows of the
database, with the hashes of what the entities billed, what was asked for, the programme's files, our code, and the
month's quality report. The entities are read before, on every run. While the hash is the same, so is the answer. The
file can be removed at any time: the month is decided again then.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from partner_program.adapters.atomic_write import read_private, write_if_changed
from partner_program.adapters.database.drafts import as_json, from_json
from partner_program.adapters.database.month_state import what_months_read
from partner_program.adapters.own_code import all_code, hash_of_folder
from partner_program.usecases.installation import Installation
from partner_program.usecases.month.commit import RunOutcome
from partner_program.usecases.month.inputs import MonthRequest
from partner_program.usecases.month.quality import checks_folder, quality_folder


@dataclass(frozen=True)
class KnownMonth:
    """What an earlier run with the same request left about its month."""

    installation: Installation
    request: MonthRequest

    def outcome(self) -> RunOutcome | None:
        """Return what a run with nothing new says, None where anything is not as it was."""
        kept = read_private(self._place)
        if kept is None:
            return None
        with self.installation.database.reading() as connection:
            state = self._state(connection)
        seal, _, said = kept.decode(errors="replace").partition("\n")
        if seal != _sealed(state, said):
            return None
        outcome: RunOutcome = from_json(RunOutcome, said)
        return outcome

    def remember(self, connection: Connection, outcome: RunOutcome) -> None:
        """Keep what a run says that found nothing to write, in the transaction in which it looked."""
        said = as_json(RunOutcome, outcome)
        write_if_changed(self._place, f"{_sealed(self._state(connection), said)}\n{said}")

    @property
    def _place(self) -> Path:
        return self.installation.out / "registers" / ".checks" / f"{self.request.month}.run"

    def _state(self, connection: Connection) -> str:
        here, asked = self.installation, self.request
        single = (path.read_bytes() if path else b"" for path in (asked.program_file, here.brand_file))
        parts = (
            all_code(),
            *map(hash_of_folder, here.read_folders),
            *(hashlib.sha256(content).hexdigest() for content in single),
            f"{asked.month} {asked.status} {asked.migration} {asked.effective_on or asked.today}",
            hash_of_folder(quality_folder(here, asked.month)),
            hash_of_folder(checks_folder(here, asked.month)),
            what_months_read(connection),
        )
        return "\n".join(parts)


def _sealed(state: str, said: str) -> str:
    return hashlib.sha256(f"{state}\n{said}".encode()).hexdigest()
