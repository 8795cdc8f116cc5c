"""The installation that this Airflow runs, opened once a process and opened again where it was changed."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated

from fastapi import Depends

from partner_program.adapters.airflow_connections import AirflowConnections
from partner_program.usecases.installation import Installation

KEPT_CONNECTIONS = 4  # by each process of the api-server; more are opened where more people ask at once
_Files = tuple[tuple[str, int, int], ...]


def installation() -> Installation:
    """The installation; its programme files are read again when one was added or changed."""
    here = Installation.here(AirflowConnections())
    return _opened(here.include, here.out, here.host, here.registry, _files_of(here.program_folder))


def forget() -> None:
    """Open the installation anew at the next request: its connection may have been corrected since."""
    _opened.cache_clear()


@lru_cache(maxsize=1)
def _opened(include: Path, out: Path, host: str, registry: Path | None, _programs: _Files) -> Installation:
    return Installation(AirflowConnections(), include, out, host, registry, KEPT_CONNECTIONS)


def _files_of(folder: Path) -> _Files:
    found = sorted((path, path.stat()) for path in folder.glob("*.yaml"))
    return tuple((path.name, stat.st_mtime_ns, stat.st_size) for path, stat in found)


Installed = Annotated[Installation, Depends(installation)]
