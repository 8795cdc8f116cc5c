"""A month's register, as a value or a file: what was decided for every authorised partner, where every line went.

Not the registry, which has who the partners are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from sqlalchemy import Connection

from partner_program.adapters.database import register as register_store
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.database.acts import load_acts
from partner_program.adapters.database.history import settlements_of
from partner_program.adapters.database.month_overview import closes, lines_read
from partner_program.adapters.no_collecting import without_collecting
from partner_program.adapters.reports.register import register_csv, register_json
from partner_program.adapters.reports.register_workbook import RegisterBook, register_xlsx
from partner_program.domain.acts import AT_THE_HEAD, DatedAct
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import Component
from partner_program.domain.register import Register
from partner_program.domain.report import Report
from partner_program.usecases.acts import dated
from partner_program.usecases.installation import Installation
from partner_program.usecases.reports.asked import look_at_answer
from partner_program.usecases.reports.questions import workbook_reports

RegisterForm = Literal["json", "csv", "xlsx"]


def month_register(installation: Installation, month: BillingMonth) -> Register:
    """The register of a month; refused where the month is not assessed."""
    with installation.database.reading() as connection:
        return register_store.read_register(connection, month, names=installation.tier_names)


@dataclass(frozen=True, slots=True)
class RegisterStart:
    """A register with the rows of its first partners, or of all.

    `tiers` has every partner's, None where held; `decided_later` those whose rate a later month decides. `head` are
    the acts at the head of it: who ran the month, who approved, who signed; oldest first. `names` are those of the
    tiers, "" where they have none, `table` all of them, lowest first; `components` are those of the programme.
    """

    register: Register
    tiers: Mapping[str, int | None]
    decided_later: Mapping[str, BillingMonth]
    head: tuple[DatedAct, ...]
    names: Mapping[int, str]
    table: tuple[str, ...]
    components: tuple[Component, ...]


def register_start(installation: Installation, month: BillingMonth, count: int | None) -> RegisterStart:
    """A month's register with the rows of so many partners, of all with None; the rows of others are not read."""
    with installation.database.reading() as connection:
        tiers = register_store.partners_and_tiers(connection, month)
        first = None if count is None else list(tiers)[:count]
        later = register_store.partners_decided_later(connection, month)
        names = installation.tier_names
        start = register_store.read_register(connection, month, first, names=names)
        named = {tier: names.on(start.effective_on, tier) for tier in tiers.values() if tier}
        day = start.effective_on or month.last_day
        program, head = installation.program_on_or_first(day), _head(installation, connection, month)
        return RegisterStart(start, tiers, later, head, named, names.table_on(day), program.components)


def _head(installation: Installation, connection: Connection, month: BillingMonth) -> tuple[DatedAct, ...]:
    return dated(installation, load_acts(connection, *AT_THE_HEAD, month=month))[::-1]


@without_collecting()
def register_file(
    installation: Installation, month: BillingMonth, form: RegisterForm, *, ask_entities: bool = False
) -> bytes:
    """The register of a month as a file: JSON and CSV in UTF-8, or a workbook.

    The workbook has the month before and the acts, too, and what the month cost: as the entities say it now where they
    are asked, and otherwise as somebody asked them last on its page, if anybody did. JSON and CSV have what was decided
    alone: equal inputs give equal bytes on any day and by whomever; `acts` gives programs the acts.
    """
    if form == "xlsx":
        with installation.database.reading() as connection:
            book = _book(installation, connection, month)
        kept = None if ask_entities else partial(_kept, installation, month)
        return register_xlsx(replace(book, reports=workbook_reports(installation, month, kept)))
    register = month_register(installation, month)
    return (register_json(register) if form == "json" else register_csv(register)).encode()


def _kept(installation: Installation, month: BillingMonth, name: str) -> Report | None:
    return look_at_answer(installation, name, month).report


def _book(installation: Installation, connection: Connection, month: BillingMonth) -> RegisterBook:
    tier_names = installation.tier_names
    register = register_store.read_register(connection, month, names=tier_names)
    settlement_id = settlements_of(connection, month)[-1].settlement_id
    program = installation.program_on_or_first(register.effective_on or month.last_day)
    has_before = bool(settlements_of(connection, month.preceding))
    names = {key: each.name for key, each in registry_store.managers(connection).items()}
    partners = registry_store.partners_by_id(connection, {each.partner_id for each in register.partners})
    return RegisterBook(
        register=register,
        before=register_store.read_previous_month(connection, month.preceding, tier_names) if has_before else None,
        managers={key: names.get(each.account_manager_id, "") for key, each in partners.items()},
        read=lines_read(connection, settlement_id),
        closes=closes(connection, settlement_id),
        acts=_head(installation, connection, month),
        programme_began=min(program.in_force_from for program in installation.programs),
        components=program.components,
        tiers=tier_names.table_on(month.following.first_day),
    )
