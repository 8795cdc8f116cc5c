"""Reads SQL statements from files: one statement a file, one folder a dialect, values only as bind parameters.

A bind may mean a list, which a statement names once: `IN (:name)`, or `WHEN :kind THEN :code` for two lists side
by side. Each value of the list becomes a bind of its own.

An entity that may not create views has a folder of its own under `sources/`, whose queries replace the relations of
contract 1: `program_mrr_line.sql`, `program_period_close.sql`, `program_reseller_account.sql`. If a billing system
runs on several databases, queries that differ between them are in a subfolder per type of connection (`mysql`,
`postgres`).
"""

import re
from collections.abc import Mapping
from pathlib import Path

_BRANCH_OR_BIND = re.compile(r"WHEN :([a-z_]+) THEN :([a-z_]+)|(?<!:):([a-z_]+)")


def read_statement(sql_folder: Path, dialect: str, name: str) -> str:
    """Return the text of one statement."""
    return (sql_folder / dialect / f"{name}.sql").read_text(encoding="utf-8")


def read_stand_ins(sql_folder: Path, source: str, conn_type: str) -> dict[str, str] | None:
    """Return the queries that replace relations, by the relation's name; None if there is no such folder.

    A query in the subfolder of the connection's type is used before one of the folder itself.
    """
    folder = sql_folder / "sources" / source
    if source == ".." or Path(source).name != source or not folder.is_dir():
        return None
    files = {path.stem: path for place in (folder, folder / conn_type) for path in place.glob("*.sql")}
    return {name: files[name].read_text(encoding="utf-8") for name in sorted(files)}


def with_stand_ins(statement: str, stand_ins: Mapping[str, str], *, keyword: str = "AS NOT MATERIALIZED") -> str:
    """Return a statement in which an entity's own queries replace the relations.

    Not materialized: otherwise the whole relation would be read before the month is picked from it. A database
    without these words (`keyword`) decides by itself.
    """
    if not stand_ins:
        return statement
    queries = [f"{name} {keyword} (\n{query.strip().rstrip(';')}\n)" for name, query in stand_ins.items()]
    return f"WITH {', '.join(queries)}\n{statement}"


def with_lists(statement: str, values: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """Return the statement and its values with each list spread out into binds `:name_0`, `:name_1` and so on."""
    lists = {name: value for name, value in values.items() if isinstance(value, tuple)}
    if not lists:
        return statement, dict(values)

    def spread(found: re.Match[str]) -> str:
        condition, result, alone = found.groups()
        if alone in lists:
            return ", ".join(f":{alone}_{place}" for place in range(len(lists[alone])))
        if condition in lists:
            places = range(len(lists[condition]))
            return " ".join(f"WHEN :{condition}_{place} THEN :{result}_{place}" for place in places)
        return found[0]

    single = {name: value for name, value in values.items() if name not in lists}
    spread_out = {f"{name}_{place}": each for name, value in lists.items() for place, each in enumerate(value)}
    return _BRANCH_OR_BIND.sub(spread, statement), {**single, **spread_out}
