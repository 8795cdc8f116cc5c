"""A company with a folder of its own for its programme and brand, beside the project's."""

from pathlib import Path

from partner_program.usecases.installation import INCLUDE_VARIABLE, PROJECT, Installation
from tests.cli.command_line import CommandLine
from tests.worlds import World

_INCLUDE = PROJECT / "include"
PROGRAM_OF_2015 = (_INCLUDE / "program" / "2015-07-27.yaml").read_text("utf-8")
BRAND_OF_2015 = (_INCLUDE / "templates" / "letters" / "v1" / "brand.yaml").read_text("utf-8")


def own_brand(company: str = "Acme") -> str:
    """A brand with the first owner's colours and none of its words."""
    text = BRAND_OF_2015.replace("programme_from: 2015-07-27\n", "").replace("LeaseWeb", company)
    return text.replace("leaseweb", company.lower()).replace("Authorized Reseller", "Trusted")


def own_program(company: str = "Acme", day: str = "2015-07-27") -> str:
    """The programme of 2015 as that of another company."""
    text = PROGRAM_OF_2015.replace("day: 2015-07-27", f"day: {day}").replace("LeaseWeb", company)
    return text.replace("Authorized Reseller", "Trusted") + f"\ncompany: {company}\n"


class OwnWorld(World):
    """A small world whose installation reads a folder of its own."""

    def __init__(
        self, folder: Path, *, brand: str | None, programs: dict[str, str], entities: tuple[str, ...] = ("NL",)
    ) -> None:
        """Write the brand, if any, and the programme files by their first days."""
        folder.mkdir(exist_ok=True)
        super().__init__(folder, entities=entities)
        self.own = folder / "own"
        (self.own / "program").mkdir(parents=True)
        for day, text in programs.items():
            (self.own / "program" / f"{day}.yaml").write_text(text, "utf-8")
        if brand is not None:
            (self.own / "brand.yaml").write_text(brand, "utf-8")

    @property
    def installation(self) -> Installation:
        """The installation over the own folder."""
        return Installation(self.connections, self.own, self.folder / "out")

    def environment(self) -> dict[str, str]:
        """The environment variables with which another process finds this installation."""
        return {**super().environment(), INCLUDE_VARIABLE: str(self.own)}

    @property
    def command_line(self) -> CommandLine:
        """`partner-program` over the same installation."""
        return CommandLine(self.environment())
