"""Moves partners from one partner manager to another: "Each partner will have a Partner Manager assigned"."""

from collections.abc import Collection, Mapping
from pathlib import Path

from sqlalchemy import Connection

from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.files.csv_edit import with_cells
from partner_program.domain.acts import PARTNER_ASSIGNED
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import AccountManager, Registry, check_managers
from partner_program.usecases.installation import Installation
from partner_program.usecases.registry_changes import Files, Planned, PlannedAct, change_registry

_FILE, _COLUMN = "partners.csv", "account_manager_id"


def assign_partners(
    installation: Installation,
    folder: Path,
    *,
    from_manager: str,
    to_manager: str,
    only: Collection[str],
    done_by: str,
    reason: str,
) -> list[str]:
    """Move a manager's partners, or `only` those named, to another; return those that moved, none where none is left.

    One act for each partner. Refused, with every name, for a manager or a partner that is not in the registry and for
    a partner of somebody else.
    """

    def plan(_connection: Connection, registry: Registry, files: Files) -> Planned[list[str]]:
        known = [each.account_manager_id for each in registry.account_managers]
        manager_of = {each.partner_id: each.account_manager_id for each in registry.partners}
        moved = _moving(known, manager_of, from_manager, to_manager, only)
        leaving = frozenset(moved)
        changed = with_cells(files[_FILE], lambda row: {_COLUMN: to_manager} if row["partner_id"] in leaving else {})
        return Planned(
            moved,
            {_FILE: changed} if moved else {},
            acts=[PlannedAct(each, {"from": from_manager, "to": to_manager}) for each in moved],
        )

    return change_registry(installation, folder, kind=PARTNER_ASSIGNED, done_by=done_by, reason=reason, plan=plan)


def managers_with_partners(installation: Installation) -> list[tuple[AccountManager, int]]:
    """Every partner manager, by id, with how many partners they have."""
    with installation.database.reading() as connection:
        counts = registry_store.partners_by_manager(connection)
        return [(each, counts.get(each.account_manager_id, 0)) for each in registry_store.managers(connection).values()]


def names_of_managers(installation: Installation) -> dict[str, str]:
    """What people read for the ids of partner managers."""
    with installation.database.reading() as connection:
        return {key: each.name for key, each in registry_store.managers(connection).items()}


def who_would_move(
    installation: Installation, *, from_manager: str, to_manager: str, only: Collection[str]
) -> list[str]:
    """The partners that `assign_partners` would move, as the database has them; refused as it refuses."""
    with installation.database.reading() as connection:
        known = registry_store.manager_ids(connection)
        manager_of = registry_store.managers_of_partners(connection, from_manager, only)
    return _moving(known, manager_of, from_manager, to_manager, only)


def _moving(
    known: Collection[str], manager_of: Mapping[str, str], from_manager: str, to_manager: str, only: Collection[str]
) -> list[str]:
    if from_manager == to_manager:
        raise Refusal(f"both managers are {from_manager}: nobody moves")
    check_managers([from_manager, to_manager], known)
    _check_named(only, manager_of, from_manager)
    return [each for each, manager in manager_of.items() if manager == from_manager and (not only or each in only)]


def _check_named(only: Collection[str], manager_of: Mapping[str, str], from_manager: str) -> None:
    wrong = [f"{each} is not in the registry" for each in only if each not in manager_of]
    wrong += [
        f"{each} is with {manager_of[each]}, not with {from_manager}"
        for each in only
        if each in manager_of and manager_of[each] != from_manager
    ]
    if wrong:
        raise Refusal(f"partner {'; partner '.join(wrong)}")
