"""A company whose partner managers have something to see to around 1 September 2015, and their weekly digests."""

import email
import re
from collections import defaultdict
from datetime import date
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from partner_program.adapters.connections import ConnectionFields
from partner_program.usecases.benefits import Asked, Granted, Said, approve_benefit, request_benefit
from partner_program.usecases.digests.collecting import Collected, collect_digests
from partner_program.usecases.digests.listing import list_digests
from partner_program.usecases.digests.sending import DigestReport, send_digests
from tests.usecases.letter_world import FixedTime
from tests.usecases.three_partners import june_in_force
from tests.worlds import World

YEAR = {"service_start": "2014-09-01", "service_end": "2015-09-01", "term_months": 12}
WEEK = date(2015, 8, 31)  # Monday: all of it ends after that day and within 30 days
NEXT_WEEK, LATER_WEEK = date(2015, 9, 7), date(2015, 9, 14)
HEADINGS = {"Overdue": "overdue", "Has ended": "ended", "Coming up": "coming"}
BOTH = {
    "M1": {"coming": ["TUESDAY", "NL/C1", "MONDAY"]},
    "M2": {"coming": ["US/C2"]},
}


class DigestWorld:
    """A world with three managers, and what is sent to them: M1 has P1 and P3, M2 has P2, M3 nobody."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.time = FixedTime()

    @property
    def here(self) -> Any:
        """The installation."""
        return self.world.installation

    def use_server(self, fields: ConnectionFields, **extra: object) -> None:
        """Send live to this server from now on."""
        settings = {"live": True, "allowed_domains": ["*"], "per_minute": 100_000, "per_domain_per_minute": 100_000}
        self.world.connections["letters_smtp"] = ConnectionFields(
            "letters_smtp", "smtp", fields.host, fields.port, extra={**fields.extra, **settings, **extra}
        )

    def collect(self, on: date = WEEK, due_days: int = 30, by: str = "kim") -> Collected:
        """Write the digests of a day's week."""
        return collect_digests(self.here, on=on, due_days=due_days, by=by, clock=self.time.now)

    def send(self, on: date = WEEK, due_days: int = 30) -> DigestReport:
        """Collect and send, as the command does."""
        return self.send_written(self.collect(on, due_days).week)

    def send_written(self, week: date = WEEK) -> DigestReport:
        """Send the digests of a week that were written."""
        return send_digests(self.here, week, clock=self.time.clock, sent_by="kim")

    def states(self, week: date = WEEK) -> dict[str, str]:
        """The state of each manager's digest of a week."""
        return {each.account_manager_id: each.status for each in list_digests(self.here) if each.week_of == week}

    def files(self, week: date = WEEK) -> list[Path]:
        """The messages that were written to files."""
        return sorted((self.world.folder / "out" / "mail" / "digests" / str(week)).glob("*.eml"))

    def told(self, week: date = WEEK) -> dict[str, dict[str, list[str]]]:
        """What the messages in files tell each manager, by section, by the ids in them."""
        return {manager_of(body): told_in(body) for body in (path.read_bytes() for path in self.files(week))}

    def manager(self, manager_id: str, **values: str) -> None:
        """Change a manager's row and load it."""
        (row,) = [each for each in self.world.tables["account_managers"] if each["account_manager_id"] == manager_id]
        row.update(values)
        self.world.load()


def message(body: bytes) -> EmailMessage:
    """A message as a mail program reads it."""
    return email.message_from_bytes(body, policy=policy.default)  # type: ignore[return-value]


def text_of(body: bytes) -> str:
    """Its plain text."""
    part = message(body).get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def manager_of(body: bytes) -> str:
    """Whose digest it is, from its last line."""
    return text_of(body).rstrip().rpartition(" ")[2]


def told_in(body: bytes) -> dict[str, list[str]]:
    """The ids of what a digest tells, by section."""
    found: dict[str, list[str]] = defaultdict(list)
    section = ""
    for line in text_of(body).splitlines():
        section = HEADINGS.get(line, section)
        if each := re.match(r"  \* (?:Benefit|Grace period|Contract|Dispute|Lower tier) (\S+) · ", line):
            found[section].append(each[1])
    return dict(found)


def digest_world(folder: Path) -> DigestWorld:
    """Make the world."""
    world = World(folder)
    world.become(with_reminders)
    return DigestWorld(world)


def with_reminders(world: World) -> None:
    """Approvals of P1 that end on Tuesday and on Monday, contracts at both entities that end on these days too."""
    june_in_force(world)
    for manager_id in ("M2", "M3"):
        name = manager_id.lower()
        world._add("account_managers", account_manager_id=manager_id, name=name, email=f"{name}@host.example", phone="")
    world.tables["partners"][1]["account_manager_id"] = "M2"
    world.bill("A1", "2014-09", 1_200_00, **YEAR, line_id="C1", service_id="S1")
    later = YEAR | {"service_end": "2015-09-02"}
    world.bill("B2", "2014-09", 1_200_00, entity="US", **later, line_id="C2", service_id="S2")
    world.load()
    here, said = world.installation, Said("kim", "tests", date(2015, 7, 31))
    for name, until in (("TUESDAY", date(2015, 9, 1)), ("MONDAY", NEXT_WEEK)):
        asked = Asked("P1", "seeding_options", date(2015, 8, 1), until, quantity=1, request_id=name)
        request_benefit(here, asked, said)
        approve_benefit(here, name, Granted(), said)
