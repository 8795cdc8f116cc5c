"""Loading the registry's files: all of them, or none."""

from pathlib import Path

from partner_program.adapters.database.registry import save_registry
from partner_program.adapters.files.registry import read_registry
from partner_program.domain.registry import Registry
from partner_program.usecases.installation import Installation


def load_registry_folder(installation: Installation, folder: Path) -> tuple[Registry, int]:
    """Read a folder of registry files and make the database equal to it; return it and how many rows changed.

    The programme files tell which benefits a request may name, and which tiers a grant may.
    """
    benefits = {benefit.key for program in installation.programs for benefit in program.benefits}
    registry = read_registry(folder, benefits=benefits, programs=installation.programs)
    with installation.database.writing() as connection:
        changed = save_registry(connection, registry)
    return registry, changed
