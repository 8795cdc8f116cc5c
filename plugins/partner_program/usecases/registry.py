"""The registry of partners: loads its files, all or none, and finds an entity by its code. Not a month's register."""

from pathlib import Path

from partner_program.adapters.database.acts import now_by, record_act
from partner_program.adapters.database.registry import load_entities, save_registry
from partner_program.adapters.database.registry_removals import REMOVABLE_FILES
from partner_program.domain.acts import REGISTRY_LOADED, Doer
from partner_program.domain.near_names import did_you_mean
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import Entity, Registry, Removals
from partner_program.usecases.installation import Installation
from partner_program.usecases.registry_changes import held_for_reading, read_folder


def load_registry_folder(
    installation: Installation, folder: Path, removals: Removals | None = None, *, loaded_by: Doer | None = None
) -> tuple[Registry, int]:
    """Read a folder of registry files and make the database equal to it; return it and how many rows changed.

    `removals` name the rows that were a mistake: no other partner, link, agreement or grant may vanish. The programme
    files say which benefits a request may name, and which tiers a grant may name. `loaded_by` goes on record where
    anything changed, with how many rows of each table.
    """
    with held_for_reading(installation, folder):
        registry = read_folder(installation, folder)
        with installation.database.writing() as connection:
            changed = save_registry(connection, registry, removals, programs=installation.programs)
            if changed and loaded_by is not None:
                record_act(connection, REGISTRY_LOADED, "registry", loaded_by, {"rows_changed": changed})
    return registry, sum(changed.values())


def removal(written: str) -> str:
    """Read which row of the registry is a mistake, written `FILE:KEY`; refuses a file that has no such rows."""
    file_name, colon, key = written.partition(":")
    if not colon or not key or file_name not in REMOVABLE_FILES:
        close = did_you_mean(file_name, REMOVABLE_FILES)
        raise Refusal(
            f"{written!r} is no row of the registry, expected FILE:KEY with {' or '.join(REMOVABLE_FILES)}, "
            f"as in account_links.csv:P1/NL/A1{close if file_name not in REMOVABLE_FILES else ''}"
        )
    return written


def loader(done_by: str, reason: str | None) -> Doer:
    """Say who loads the registry now, and why."""
    return now_by(done_by, reason or "loaded the registry's files")


def entity_codes(installation: Installation) -> list[str]:
    """Return the codes of all entities of the registry."""
    return [entity.entity for entity in load_all_entities(installation)]


def load_all_entities(installation: Installation) -> list[Entity]:
    """Return all entities of the registry."""
    with installation.database.reading() as connection:
        return list(load_entities(connection))


def find_entity(installation: Installation, code: str) -> Entity:
    """Find an entity of the registry by its code; the refusal of an unknown one names the known ones."""
    entities = load_all_entities(installation)
    found = next((entity for entity in entities if entity.entity == code), None)
    if found is None:
        raise Refusal(f"entity {code} is not in the registry: it has {', '.join(each.entity for each in entities)}")
    return found
