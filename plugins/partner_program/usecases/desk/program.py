"""The programme as it is on a day: the file in force with the words that its values come from, and every other file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from partner_program.adapters.files.program_words import program_words
from partner_program.domain.program import Program, program_in_force
from partner_program.domain.program_words import NO_WORDS, Words
from partner_program.usecases.installation import Installation


@dataclass(frozen=True, slots=True)
class ProgramOfDay:
    """The programme in force on a day; `until` is the next file's first day, None for the newest.

    `words` are by place, as faults name it: `tiers[2]`. `files` are all there are, the newest first.
    """

    program: Program
    until: date | None
    words: Mapping[str, Words]
    files: tuple[tuple[Program, date | None], ...]

    def of(self, place: str) -> Words:
        """Where the value at a place comes from; nothing where the file has no such place."""
        return self.words.get(place, NO_WORDS)

    def has(self, place: str) -> bool:
        """Whether the file says something at a place, so that no default stands there."""
        return place in self.words


def program_of_day(installation: Installation, on: date) -> ProgramOfDay:
    """The programme in force on a day; raises `NoRuleInForce` before the first file."""
    program = program_in_force(installation.programs, on)
    ends = [*(each.in_force_from for each in installation.programs[1:]), None]
    files = tuple(zip(installation.programs, ends, strict=True))[::-1]
    return ProgramOfDay(
        program=program,
        until=next(until for each, until in files if each is program),
        words=program_words(installation.program_folder / program.file_name, program.content_hash),
        files=files,
    )
