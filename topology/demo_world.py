"""Sets up the demo world once, before anything else runs: billing databases, the programme's database, the registry.

`python -m topology.demo_world`, in a container and here alike. The connections say where each database is.
"""

import os
import sys
from pathlib import Path

from demo.entities import ENTITIES
from demo.world import billing_database, build_world
from partner_program.adapters.connections import EnvironmentConnections
from partner_program.usecases.installation import Installation
from partner_program.usecases.registry import load_registry_folder
from topology.toy_billing import fill_toy_billing


def set_up_world() -> None:
    """Build the world, fill the billing databases that are servers, create the programme's database, load the registry.

    Doing it again changes nothing that is in the programme's database.
    """
    here = Installation.here(EnvironmentConnections())
    world = here.out / "world"
    built = build_world(world)
    servers = [entity for entity in (row.entity for row in ENTITIES) if _fill(here, world, entity)]
    here.database.upgrade()
    load_registry_folder(here, world / "registry")
    beside = f"; {', '.join(servers)} in database servers of their own" if servers else ""
    sys.stdout.write(f"{built.partners} partners, {built.accounts} accounts, {built.lines:,} billing lines{beside}\n")


def _fill(here: Installation, world: Path, entity: str) -> bool:
    """Fill an entity's billing database if it is a server; whether it is."""
    connection = here.connections.get(f"billing_{entity.lower()}")
    if connection is None or connection.conn_type == "sqlite":
        return False
    source = billing_database(world, entity)
    fill_toy_billing(connection, source, owner_password=os.environ["BILLING_OWNER_PASSWORD"])
    return True


if __name__ == "__main__":
    set_up_world()
