"""Reads SQL statements from files: one statement a file, one folder a dialect, values only as bind parameters.

A bind may mean a list, which a statement names once: `IN (:name)`, or `WHEN :kind THEN :code` for two lists side
by side. Each value of the list becomes a bind of its own.

A statement named `..._of_orders` is the one in the file without these words, with the lines that end in `-- of orders`;
`..._of_orders_and_ends` has those too that end in these words. What counts is then judged by one text. Every other
statement is without both.

An entity that may not create views has a folder of its own under `sources/`, whose queries replace the relations of
contract 1: `program_mrr_line.sql`, `program_period_close.sql`, `program_reseller_account.sql`. A query for one kind of
database is in a subfolder named after the type of connection (`mysql`, `postgres`); so the folder also says which
databases the source is for.

A company's own folder needs only what is its own, as one source: a dialect or source that it does not have is the
project's. A folder is taken whole, so that statements of two versions are never mixed.
"""

import re
from collections.abc import Mapping
from pathlib import Path

_PROJECTS = Path(__file__).parents[4] / "include" / "sql"
_WORD = re.compile(r"\w+")
_OF_ORDERS = re.compile(r"_of_orders(_and_ends)?$")
_LINE_OF_ORDERS = re.compile(r"^.* -- of orders( and ends)?\n", re.MULTILINE)
_LINE_OF_ENDS = re.compile(r"^.* -- of orders and ends\n", re.MULTILINE)
_BRANCH_OR_BIND = re.compile(r"WHEN :([a-z_]+) THEN :([a-z_]+)|(?<!:):([a-z_]+)")


def read_statement(sql_folder: Path, dialect: str, name: str) -> str:
    """Return the text of one statement."""
    more = _OF_ORDERS.search(name)
    file = f"{name[: more.start()] if more else name}.sql"
    text = (_folder(sql_folder, dialect) / file).read_text(encoding="utf-8")
    if more is None:
        return _LINE_OF_ORDERS.sub("", text)
    return text if more[1] else _LINE_OF_ENDS.sub("", text)


def read_stand_ins(sql_folder: Path, source: str, conn_type: str) -> dict[str, str] | None:
    """Return the queries that replace relations, by the relation's name; None if there is no such folder.

    A query in the subfolder of the connection's type is used before one of the folder itself.
    """
    folder = _folder(sql_folder, "sources", source)
    if source == ".." or Path(source).name != source or not folder.is_dir():
        return None
    files = {path.stem: path for place in (folder, folder / conn_type) for path in place.glob("*.sql")}
    return {name: files[name].read_text(encoding="utf-8") for name in sorted(files)}


def databases_of_source(sql_folder: Path, source: str, conn_type: str) -> tuple[str, ...]:
    """Return the types of connection that a source has queries for where it lacks one for `conn_type`, else nothing."""
    folder = _folder(sql_folder, "sources", source)
    here = {path.name for place in (folder, folder / conn_type) for path in place.glob("*.sql")}
    return tuple(sorted({path.parent.name for path in folder.glob("*/*.sql") if path.name not in here}))


def known_sources(sql_folder: Path) -> list[str]:
    """Return the names of all sources, the company's own and the project's."""
    places = {sql_folder / "sources", _PROJECTS / "sources"}
    return sorted({path.name for place in places if place.is_dir() for path in place.iterdir() if path.is_dir()})


def with_stand_ins(statement: str, stand_ins: Mapping[str, str], *, keyword: str = "AS NOT MATERIALIZED") -> str:
    """Return a statement in which an entity's own queries replace the relations.

    Not materialized: otherwise the whole relation would be read before the month is picked from it. A database
    without these words (`keyword`) decides by itself. Only those that the statement needs: a fault in one query is then
    no fault of the relations that do without it.
    """
    needed = _named(statement, stand_ins)
    if not needed:
        return statement
    queries = [f"{name} {keyword} (\n{stand_ins[name].strip().rstrip(';')}\n)" for name in sorted(needed)]
    return f"WITH {', '.join(queries)}\n{statement}"


def _folder(sql_folder: Path, *names: str) -> Path:
    """Return the company's own folder, or the project's where the company has none of that name."""
    own = sql_folder.joinpath(*names)
    return own if own.is_dir() else _PROJECTS.joinpath(*names)


def _named(text: str, stand_ins: Mapping[str, str]) -> set[str]:
    """Return the relations that a text names, and those that their queries name."""
    words = set(_WORD.findall(text))
    found = {name for name in stand_ins if name in words}
    others = {name: query for name, query in stand_ins.items() if name not in found}
    return found.union(*(_named(stand_ins[name], others) for name in found))


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
