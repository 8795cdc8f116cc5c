"""A small company with a programme file of its own."""

from pathlib import Path

from partner_program.usecases.installation import INCLUDE_VARIABLE, PROJECT, Installation
from tests.cli.command_line import CommandLine
from tests.worlds import World, share_compiled_statements

DAY = "2010-01-01"


class OwnProgramme(World):
    """A company in whose folder of programme files one stands alone, in force from 2010 on."""

    def __init__(self, folder: Path, text: str, entities: tuple[str, ...] = ("NL", "DE")) -> None:
        """Write the programme's file."""
        super().__init__(folder, entities=entities)
        self.include = folder / "include"
        (self.include / "program").mkdir(parents=True)
        for name in ("sql", "templates"):
            (self.include / name).symlink_to(PROJECT / "include" / name)
        self.file = self.include / "program" / f"{DAY}.yaml"
        self.file.write_text(text, encoding="utf-8")
        self.reread()

    def reread(self) -> None:
        """Read the folder's programme files anew."""
        self._programs = Installation(self.connections, self.include, self.folder / "out").programs

    @property
    def installation(self) -> Installation:
        """The installation over this world's own programme file, which is read once."""
        here = Installation(self.connections, self.include, self.folder / "out")
        here.__dict__["programs"] = self._programs
        share_compiled_statements(here.database)
        return here

    @property
    def command_line(self) -> CommandLine:
        """`partner-program` over the same installation."""
        return CommandLine({**self.environment(), INCLUDE_VARIABLE: str(self.include)})

    def letter(self, month: str, partner_id: str) -> str:
        """The text of a partner's letter."""
        return (self.folder / "out" / "letters" / month / f"{partner_id}.txt").read_text("utf-8")
