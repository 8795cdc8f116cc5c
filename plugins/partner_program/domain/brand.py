"""Whose letters these are: the company's names, address and colours, and the programme that they belong to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from partner_program.domain.program import Program
from partner_program.domain.refusals import Refusal

COLOURS = (
    "page",
    "card",
    "text",
    "muted",
    "line",
    "link",
    "band",
    "on_band",
    "on_band_muted",
    "quiet",
    "strong",
    "on_strong",
    "note",
    "note_edge",
)
"""What of a letter has a colour of its own, in light and in dark."""


@dataclass(frozen=True, slots=True)
class Brand:
    """The sender of the letters, from `brand.yaml`; colours are #rrggbb, by the names in `COLOURS`.

    `programme_from` is the first day of the programme that it belongs to, where that programme's files name no company.
    """

    file_name: str
    company_name: str
    programme_name: str
    partner_title: str
    sender_name: str
    sender_address: str
    default_language: str
    accounts_in_mail: int
    font: str
    light: Mapping[str, str]
    dark: Mapping[str, str]
    programme_from: date | None = None

    @property
    def look(self) -> dict[str, str | int | dict[str, str]]:
        """What templates may read, by the names of `brand.yaml`."""
        return {
            "company_name": self.company_name,
            "programme_name": self.programme_name,
            "partner_title": self.partner_title,
            "sender_name": self.sender_name,
            "sender_address": self.sender_address,
            "font": self.font,
            "light": dict(self.light),
            "dark": dict(self.dark),
        }

    @property
    def full_programme(self) -> str:
        """The programme with its company, which is not said twice."""
        if self.company_name in self.programme_name:
            return self.programme_name
        return f"{self.company_name} {self.programme_name}"

    @property
    def whose(self) -> str:
        """The company, its programme, and who sends."""
        return f"{self.full_programme}, from {self.sender_name} <{self.sender_address}>"


def without_company(name: str, company: str) -> str:
    """A name without the company at its beginning, as it stands after the company's name everywhere."""
    begins, rest = name[: len(company)], name[len(company) :]
    return rest.strip() if begins.casefold() == company.casefold() and rest[:1].isspace() and rest.strip() else name


def check_whose(brand: Brand, programs: Sequence[Program]) -> None:
    """Refuse a brand that is another company's than a programme file: letters would promise in a stranger's name.

    A file that names no company belongs to the brand that names the first day of the first file.
    """
    first = min(program.in_force_from for program in programs)
    for program in programs:
        if program.company is None and brand.programme_from != first:
            raise Refusal(
                f"{program.file_name} names no company, and {brand.file_name} is {brand.company_name}'s"
                f"{_of_day(brand)}: write `company: {brand.company_name}` into the programme file if it is theirs, "
                "else put your own brand.yaml beside it, or remove a programme file that is not yours"
            )
        if program.company not in (None, brand.company_name):
            raise Refusal(
                f"{program.file_name} is the programme of {program.company}, but {brand.file_name} has the letters of "
                f"{brand.company_name}: expected the same company in both"
            )


def _of_day(brand: Brand) -> str:
    return f" for the programme from {brand.programme_from} on" if brand.programme_from else ""
