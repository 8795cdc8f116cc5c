"""docker-compose.yaml as `make topology` reads it: the one description of services, commands and settings.

Variables are filled in as the engine does it: `${NAME}`, `${NAME:-default}`, `${NAME:?why}` and `$$` for a dollar.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

COMPOSE_FILE = Path(__file__).parents[1] / "docker-compose.yaml"
_VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>[A-Z_]+)(?:(?P<mark>:[-?])(?P<rest>[^}]*))?\})")


class UnsetVariable(Exception):
    """A variable without a default has no value."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service; a `job` ends by itself, all others keep running."""

    name: str
    image: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    depends_on: frozenset[str]
    job: bool


def read_services(path: Path = COMPOSE_FILE) -> dict[str, Service]:
    """Every service by name, its variables not yet filled in."""
    services = yaml.safe_load(path.read_text())["services"]
    return {name: _service(name, read) for name, read in services.items()}


def _service(name: str, read: dict[str, Any]) -> Service:
    return Service(
        name=name,
        image=read["image"],
        command=tuple(read.get("command", ())),
        environment=read.get("environment", {}),
        depends_on=frozenset(read.get("depends_on", ())),
        job=read.get("restart") == "no",
    )


def required_variables(services: Mapping[str, Service]) -> set[str]:
    """Variables without a default: the secrets, and the name that all machines of the installation have."""
    return {name for text in _texts(services) for name, mark in _variables(text) if mark != ":-"}


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """A text with its variables filled in; refuses by name what has neither value nor default."""

    def value(found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        given = values.get(found["name"], "")
        if not given and found["mark"] != ":-":
            raise UnsetVariable(f"{found['name']}: {found['rest'] or 'not set'}")
        return given or found["rest"]

    return _VARIABLE.sub(value, text)


def _texts(services: Mapping[str, Service]) -> Iterator[str]:
    for service in services.values():
        yield from service.environment.values()
        yield from service.command


def _variables(text: str) -> Iterator[tuple[str, str | None]]:
    return ((found["name"], found["mark"]) for found in _VARIABLE.finditer(text) if found["name"])
