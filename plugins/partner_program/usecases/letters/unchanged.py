"""Says at once that nothing is new about a month's letters, without gathering what each of them states.

A small file keeps a hash of everything that the letters were made of when all of them were there: the rows that they
are read from, the templates, the programme's files and our code. While that is the same, only the letters' own files
are looked at. The file can be removed at any time: every letter is looked at on its own then.
"""

import hashlib
from pathlib import Path

from partner_program.adapters.atomic_write import read_private, write_if_changed
from partner_program.adapters.database.letter_state import how_letters_stand, newest_letters, what_letters_read
from partner_program.adapters.own_code import all_code
from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.rendering import LetterFiles, hash_of_files, letter_templates, letters_folder


class MonthsLetters:
    """A month's letters before and after one look at them; everything is read when it is asked for."""

    def __init__(self, installation: Installation, month: BillingMonth, program_file: Path | None) -> None:
        self._installation, self._month = installation, month
        self._folder = letters_folder(installation, month)
        self._kept = self._folder.parent / ".checks" / str(month)
        programs = installation.programs_with(program_file)
        words = (all_code(), letter_templates(installation).content_hash, *(each.content_hash for each in programs))
        self._words = " ".join(words)
        self._read = ""

    def count_unchanged(self) -> int | None:
        """Return how many letters there are if nothing is new about any of them and each has its files, else None."""
        with self._installation.database.reading() as connection:
            self._read = what_letters_read(connection)
            stand = how_letters_stand(connection, self._month)
            if read_private(self._kept) != self._state(stand).encode():
                return None
            letters = newest_letters(connection, self._month)
        for partner_id, content_hash in letters.items():
            if content_hash is None or hash_of_files(LetterFiles.of(self._folder, partner_id)) != content_hash:
                return None
        return len(letters)

    def remember(self) -> None:
        """Keep the state of now, when every letter was just rendered; not if what they are read from has changed since.

        Letters that were rendered before that change say something else than those after it.
        """
        with self._installation.database.reading() as connection:
            if what_letters_read(connection) == self._read:
                write_if_changed(self._kept, self._state(how_letters_stand(connection, self._month)))

    def _state(self, stand: str) -> str:
        return hashlib.sha256(f"{self._words}\n{self._read}\n{stand}".encode()).hexdigest()
