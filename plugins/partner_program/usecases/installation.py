"""An installation of the programme: its database, its connections, the dated data, the folder it writes to."""

import os
import socket
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path

from partner_program.adapters.connections import ConnectionFields, Connections
from partner_program.adapters.database.database import ProgramDatabase
from partner_program.adapters.files.brand import read_brand
from partner_program.adapters.files.program import load_program, load_programs
from partner_program.adapters.layered_folder import LayeredFolder
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import (
    LargestLine,
    Program,
    day_in_the_programme,
    program_in_force,
    program_in_force_or_first,
    time_in_the_programme,
)
from partner_program.domain.refusals import NoRuleInForce, Refusal
from partner_program.domain.registry import Entity
from partner_program.domain.sending_epoch import Place
from partner_program.domain.tier_names import TierNames

PROJECT = Path(__file__).parents[3]
BRAND = "brand.yaml"
TEMPLATE_VERSION = "v1"
OUT_VARIABLE = "PARTNER_PROGRAM_OUT"
INCLUDE_VARIABLE = "PARTNER_PROGRAM_INCLUDE"
HOST_VARIABLE = "PARTNER_PROGRAM_HOST"
REGISTRY_VARIABLE = "PARTNER_PROGRAM_REGISTRY"


@dataclass(frozen=True)
class Installation:
    """One installation of the programme; `out` takes letters and reports, `include` has the dated data.

    `host` is the same for all machines of one installation: without a setting it is this machine's name. `registry` is
    the registry's folder for the pages' acts, None where this machine has none.
    `kept_connections` stay open to the programme's database.
    """

    connections: Connections
    include: Path
    out: Path
    host: str = field(default_factory=socket.gethostname)
    registry: Path | None = None
    kept_connections: int = 0

    @classmethod
    def here(cls, connections: Connections, out: Path | None = None) -> "Installation":
        """The installation that the environment names; letters and reports go below `out` of the current folder."""
        include = Path(os.environ.get(INCLUDE_VARIABLE, PROJECT / "include"))
        host = os.environ.get(HOST_VARIABLE) or socket.gethostname()
        registry = os.environ.get(REGISTRY_VARIABLE)
        return cls(
            connections,
            include,
            out or Path(os.environ.get(OUT_VARIABLE, "out")),
            host,
            Path(registry) if registry else None,
        )

    @cached_property
    def database(self) -> ProgramDatabase:
        """The programme's own database."""
        return ProgramDatabase.from_connections(self.connections, kept=self.kept_connections)

    @property
    def place(self) -> Place:
        """Where it sends from: a database that was bound to another place is a copy, and sends nothing."""
        return Place(self.host, str(self.out.resolve()), self.database.place)

    @property
    def program_folder(self) -> Path:
        """The programme's dated files: the company's own, and no others."""
        return self.include / "program"

    @property
    def brand_file(self) -> Path | None:
        """The company's brand beside its programme files, None where it stands among the templates."""
        own = self.include / BRAND
        return own if own.is_file() else None

    def programme_called(self) -> str:
        """The programme as its letters call it; "" where the brand is not sound, which the letters' checks say."""
        letters = self.templates("letters", TEMPLATE_VERSION)
        languages = {path.stem for path in (letters / "catalogues").glob("*.po")}
        try:
            return read_brand(self.brand_file or letters.path(BRAND), languages).full_programme
        except (Refusal, OSError):
            return ""

    def check_own_folder(self) -> None:
        """Refuse the project's programme where a company's own folder is in sight and was not named.

        It is in sight as the folder in which a command is given, or beside the registry's.
        """
        if INCLUDE_VARIABLE in os.environ or self.include != PROJECT / "include":
            return
        for folder in (Path.cwd(), *([self.registry.resolve().parent] if self.registry else [])):
            if folder != self.include and any((folder / "program").glob("*.yaml")):
                raise Refusal(
                    f"{folder} has a programme of its own, and {INCLUDE_VARIABLE} is not set, so that the project's "
                    f"would be taken: set it to {folder}, as connections.sh does there"
                )

    @property
    def sql_folder(self) -> Path:
        """The statements that read billing databases: the project's, unless the company has a folder of its own."""
        own = self.include / "sql"
        return own if own.is_dir() else PROJECT / "include" / "sql"

    @property
    def fonts_folder(self) -> Path:
        """Further fonts for paper: the company's own, else the project's."""
        own = self.include / "fonts"
        return own if own.is_dir() else PROJECT / "include" / "fonts"

    def templates(self, *parts: str) -> LayeredFolder:
        """A folder of templates: the company's own files stand for those of the project."""
        folders = (self.include, PROJECT / "include")
        return LayeredFolder(tuple(dict.fromkeys(each.joinpath("templates", *parts) for each in folders)))

    @property
    def read_folders(self) -> tuple[Path, ...]:
        """Every folder of files that is read for a month, whether it is there or not."""
        project = PROJECT / "include"
        if self.include == project:
            return (project,)
        return (*(self.include / name for name in ("program", "templates", "sql", "fonts")), project)

    @cached_property
    def programs(self) -> list[Program]:
        """Every dated programme file, oldest first."""
        return load_programs(self.program_folder)

    @property
    def tier_names(self) -> TierNames:
        """What tiers are called, by the table in force on a day."""
        return TierNames(self.programs)

    def programs_with(self, program_file: Path | None) -> list[Program]:
        """Every dated programme file, and the one given by hand if any: a month may have been settled with either."""
        return [*self.programs, *([load_program(program_file)] if program_file else [])]

    def today(self) -> date:
        """Today in the time zone of the programme in force: the only place where a date is taken from the clock."""
        return day_in_the_programme(self.programs, moment=datetime.now(UTC))

    def local_time(self, moment: int) -> datetime:
        """A moment, in seconds since 1970, in the time zone of the programme in force then."""
        return time_in_the_programme(self.programs, moment=datetime.fromtimestamp(moment, UTC))

    def program_on(self, day: date, program_file: Path | None = None) -> Program:
        """The programme in force on a day; a file given by hand replaces the folder's."""
        return program_in_force([load_program(program_file)] if program_file else self.programs, day)

    def program_on_or_first(self, day: date) -> Program:
        """The programme in force on a day, or the first one before that."""
        return program_in_force_or_first(self.programs, day)

    def largest_line(self, month: BillingMonth) -> LargestLine:
        """The largest amount of a line that is believed, by currency, when a month is read."""
        return (self.history_program(month) or self.programs[0]).largest_line

    def history_program(self, month: BillingMonth) -> Program | None:
        """The programme in force on a month's last day, None before the first."""
        try:
            return self.program_on(month.last_day)
        except NoRuleInForce:
            return None


def billing_connection_id(entity: Entity) -> str:
    """The connection of an entity's billing database (contract: `billing_<entity>`)."""
    return f"billing_{entity.entity.lower()}"


def billing_fields(installation: Installation, entity: Entity) -> ConnectionFields:
    """Return the connection of an entity's billing database; raises `Refusal` if it is not set or cannot be read."""
    connection_id = billing_connection_id(entity)
    fields = installation.connections.get(connection_id)
    if fields is None:
        raise Refusal(f"connection {connection_id} is not set")
    return fields


def orders_connection_id(entity: Entity) -> str:
    """The connection of an entity's order database; without one nothing is published there."""
    return f"orders_{entity.entity.lower()}"
