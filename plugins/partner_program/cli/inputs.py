"""Reads what people type: months, days, amounts and percentages; a refusal shows an example of the right form."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from partner_program.adapters.files import values as written_values
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import BP, amount_cents, percent_bp
from partner_program.domain.refusals import Refusal

if TYPE_CHECKING:
    from partner_program.usecases.installation import Installation


class Typed(click.ParamType[Any]):
    """A parameter that `read` parses; its refusal becomes a usage error. Help shows `name`."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse what was typed."""
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except (Refusal, ValueError) as error:
            self.fail(str(error), param, ctx)


def _discount_bp(text: str) -> int:
    found = percent_bp(text)
    if found > BP:
        raise Refusal(f"percentage {text!r}: expected at most 100")
    return found


def _sweep(text: str) -> Any:
    from partner_program.domain.program_sweep import read_sweep

    return read_sweep(text)


def whole(name: str, lowest: int = -(10**15), highest: int = 10**15) -> Typed:
    """A whole number in a range, shown as `name`; click's own integers would allow `1_000` and digits of any script."""
    return Typed(name, written_values.whole_between(lowest, highest))


def _at_entity(text: str) -> tuple[str, str]:
    entity, slash, own = text.partition("/")
    if not slash:
        raise Refusal(f"{text!r} names no entity, expected ENTITY/ID, as in NL/A1")
    return written_values.entity_code(entity), written_values.code(own)


MONTH = Typed("YYYY-MM", BillingMonth.parse)
DAY = Typed("YYYY-MM-DD", written_values.day)
AMOUNT = Typed("AMOUNT", amount_cents)
PERCENT = Typed("PERCENT", _discount_bp)
TIER = Typed("TIER", written_values.tier)
CODE = Typed("ID", written_values.code)
AT_ENTITY = Typed("ENTITY/ID", _at_entity)
CURRENCY = Typed("CODE", written_values.currency)
WORDS = Typed("TEXT", written_values.text)
SWEEP = Typed("SWEEP", _sweep)
FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


def installation() -> "Installation":
    """The installation that the environment names: `AIRFLOW_CONN_*`, and `PARTNER_PROGRAM_OUT` for what is written."""
    from partner_program.adapters.connections import EnvironmentConnections
    from partner_program.usecases.installation import Installation

    return Installation.here(EnvironmentConnections())
