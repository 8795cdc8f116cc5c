"""A month with letters to four recipients at three partners, rendered, and a mail server to send them to."""

import shutil
from pathlib import Path
from typing import Any

from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.handover import Clock, SendReport
from partner_program.usecases.letters.approval import LetterBatch, approve_letters
from partner_program.usecases.letters.reconciliation import Reconciliation, reconcile_letters
from partner_program.usecases.letters.rendering import letter_batches, render_letters
from partner_program.usecases.letters.sending import send_letters
from tests.usecases.three_partners import GO_LIVE, JUNE, three_partners
from tests.worlds import World

MONTH = BillingMonth.parse(JUNE)
APPROVED_AT = 1_438_000_000
RECIPIENTS = 4


class FixedTime:
    """A clock that moves only when somebody sleeps."""

    def __init__(self, now: float = APPROVED_AT) -> None:
        """Start at the second of the approval."""
        self.seconds = now

    def now(self) -> float:
        """The time."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds

    @property
    def clock(self) -> Clock:
        """This clock in the form that the sender takes."""
        return Clock(self.now, self.sleep)


class LetterWorld:
    """A world whose June letters are rendered, and what people do with these letters."""

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
            "letters_smtp",
            "smtp",
            fields.host,
            fields.port,
            fields.login,
            fields.password,
            extra={**fields.extra, **settings, **extra},
        )

    def approve(self, by: str = "robin", **more: Any) -> LetterBatch:
        """Approve the letters in the name of `by`."""
        return approve_letters(self.here, MONTH, approved_by=by, reason="looked at it", clock=self.time.now, **more)

    def send(self, **more: Any) -> SendReport:
        """Send every letter that may be sent."""
        return send_letters(self.here, MONTH, clock=self.time.clock, **{"sent_by": "robin", **more})

    def reconciled(self) -> Reconciliation:
        """Count the month's letters and check that they add up."""
        found = reconcile_letters(self.here, MONTH)
        assert found.adds_up
        return found

    def states(self) -> dict[str, int]:
        """The number of rows by state, without empty states."""
        return {state: count for state, count in self.reconciled().states.items() if count}

    def restored_from(self, folder: Path) -> None:
        """Restore the world's files from a copy."""
        shutil.rmtree(self.world.folder)
        shutil.copytree(folder, self.world.folder)


def letter_world(folder: Path) -> LetterWorld:
    """Make the world: P1 has two billing contacts, the others one."""
    world = World(folder)
    world.become(with_letters)
    return LetterWorld(world)


def with_letters(world: World) -> None:
    """Settle June for an empty world of NL and US, and render its letters."""
    three_partners(world)
    world.tables["contacts"].append(
        {"partner_id": "P1", "name": "Nobody", "email": "nobody@p1.example", "role": "billing"}
    )
    world.load()
    world.settle(JUNE, on=GO_LIVE)
    render(world)


def render(world: World) -> None:
    """Render June's letters."""
    for batch in letter_batches(world.installation, MONTH):
        render_letters(world.installation, MONTH, batch)
