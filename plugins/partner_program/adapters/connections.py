"""Finds connections by name (contract 4); reads Airflow's forms from the environment without importing Airflow."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from partner_program.domain.refusals import Refusal

if TYPE_CHECKING:
    from sqlalchemy import URL

PREFIX = "AIRFLOW_CONN_"
_DRIVERS = {"postgres": "postgresql+psycopg", "mysql": "mysql+pymysql"}
_OTHER_NAMES = {"postgresql": "postgres", "mariadb": "mysql"}


@dataclass(frozen=True, slots=True)
class ConnectionFields:
    """The fields of a connection; printing them shows neither the password nor the extra."""

    conn_id: str
    conn_type: str
    host: str | None = None
    port: int | None = None
    login: str | None = None
    password: str | None = field(default=None, repr=False)
    schema: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)

    @property
    def sqlite_file(self) -> str:
        """Return the path of a SQLite database, which Airflow keeps as host or as schema."""
        path = self.host or self.schema
        if not path:
            raise Refusal(f"connection {self.conn_id}: expected the path of the database as host")
        return path


class Connections(Protocol):
    """Where connections come from: Airflow's own store, or the environment."""

    def get(self, conn_id: str) -> ConnectionFields | None:
        """Return the connection of that name, or None if there is none."""


class EnvironmentConnections:
    """The connections of the command line, which come from environment variables."""

    def get(self, conn_id: str) -> ConnectionFields | None:
        """Return the connection of that name, or None if its variable is not set."""
        return connection_from_environment(conn_id)


@dataclass(frozen=True, slots=True)
class GivenConnections:
    """Connections that another process has looked up: this one has no other way to them.

    `unread` says why that process could not read one, by name.
    """

    given: tuple[ConnectionFields, ...]
    unread: tuple[tuple[str, str], ...] = ()

    def get(self, conn_id: str) -> ConnectionFields | None:
        """Return the connection of that name, or None if it was not given; raises `Refusal` if it was not read."""
        for name, why in self.unread:
            if name == conn_id:
                raise Refusal(why)
        return next((each for each in self.given if each.conn_id == conn_id), None)


def connection_from_environment(conn_id: str) -> ConnectionFields | None:
    """Read `AIRFLOW_CONN_<ID>`, JSON or URI; None if it is not set.

    Raises `Refusal` that names the variable and never shows its value.
    """
    variable = PREFIX + conn_id.upper()
    value = os.environ.get(variable, "").strip()
    if not value:
        return None
    try:
        return _from_json(conn_id, value) if value.startswith("{") else _from_uri(conn_id, value)
    except ValueError:  # refused below, outside of this block: the error's text and context would quote the value
        pass
    raise Refusal(f"{variable}: expected a connection in Airflow's JSON or URI form (the value is not shown)")


def _from_json(conn_id: str, value: str) -> ConnectionFields:
    read = json.loads(value)
    extra = read.get("extra") or {}
    port = read.get("port")
    return ConnectionFields(
        conn_id,
        _conn_type(read.get("conn_type")),
        host=_text(read.get("host")),
        port=None if port in (None, "") else int(port),
        login=_text(read.get("login")),
        password=_text(read.get("password")),
        schema=_text(read.get("schema")),
        extra=_mapping(json.loads(extra) if isinstance(extra, str) else extra),
    )


def _from_uri(conn_id: str, value: str) -> ConnectionFields:
    uri = urlsplit(value)
    # `uri.hostname` is in lower case, which is wrong for a path written as a host
    host = uri.netloc.rpartition("@")[2]
    if not host.startswith("["):
        host = host.partition(":")[0]
    query: dict[str, str] = dict(parse_qsl(uri.query, keep_blank_values=True))
    whole = query.pop("__extra__", None)
    return ConnectionFields(
        conn_id,
        _conn_type(uri.scheme),
        host=_decoded(uri.hostname if host.startswith("[") else host),
        port=uri.port,
        login=_decoded(uri.username),
        password=_decoded(uri.password),
        schema=_decoded(uri.path[1:]),
        extra=query if whole is None else _mapping(json.loads(whole)),
    )


def _conn_type(name: object) -> str:
    if not isinstance(name, str) or not name:
        raise ValueError("a connection has a type")
    return _OTHER_NAMES.get(name.lower(), name.lower())


def _text(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError("expected text")
    return value or None


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError("extra is expected to be an object")
    return value


def _decoded(part: str | None) -> str | None:
    return unquote(part) if part else None


def sqlalchemy_url(fields: ConnectionFields) -> "URL":
    """Return the SQLAlchemy address of a connection; special characters in a password need no quoting here."""
    from sqlalchemy import URL  # takes half a second, which a pull from SQLite can save

    if fields.conn_type == "sqlite":
        return URL.create("sqlite", database=fields.sqlite_file)
    driver = _DRIVERS.get(fields.conn_type)
    if driver is None:
        known = ", ".join(["sqlite", *_DRIVERS])
        raise Refusal(f"connection {fields.conn_id}: type {fields.conn_type!r}, expected one of {known}")
    return URL.create(
        driver,
        username=fields.login,
        password=fields.password,
        host=fields.host,
        port=fields.port,
        database=fields.schema,
    )
