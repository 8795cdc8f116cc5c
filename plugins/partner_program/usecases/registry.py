"""The registry of partners: loads its files, all or none, and finds an entity by its code. Not a month's register."""

from pathlib import Path

from partner_program.adapters.database.registry import load_entities, save_registry
from partner_program.adapters.files.registry import read_registry
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import Entity, Registry
from partner_program.usecases.installation import Installation


def load_registry_folder(installation: Installation, folder: Path) -> tuple[Registry, int]:
    """Read a folder of registry files and make the database equal to it; return it and how many rows changed.

    The programme files say which benefits a request may name, and which tiers a grant may name.
    """
    benefits = {benefit.key for program in installation.programs for benefit in program.benefits}
    registry = read_registry(folder, benefits=benefits, programs=installation.programs)
    with installation.database.writing() as connection:
        changed = save_registry(connection, registry)
    return registry, changed


def find_entity(installation: Installation, code: str) -> Entity:
    """Find an entity of the registry by its code; the refusal of an unknown one names the known ones."""
    with installation.database.reading() as connection:
        entities = load_entities(connection)
    found = next((entity for entity in entities if entity.entity == code), None)
    if found is None:
        raise Refusal(f"entity {code} is not in the registry: it has {', '.join(each.entity for each in entities)}")
    return found
