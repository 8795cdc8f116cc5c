"""Lists the files behind an entity's relations once, and notices whether one of them changes while it is read.

A folder of files is no snapshot: whoever writes there while a month is pulled leaves half a month to read. So the
files are listed first, with size and time, and again at the end; any difference is a fault.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from glob import glob
from pathlib import Path
from typing import NamedTuple

from partner_program.adapters.billing.snapshot import BillingFault
from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.revenue import SourceFile

KINDS = (".parquet", ".csv")
_NAME = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)
_PATTERN = re.compile(r"[*?\[]")


class ListedFile(NamedTuple):
    """A file as it was when it was listed: size in bytes, time of its last change in nanoseconds since 1970."""

    path: str
    size: int
    changed_ns: int


class ListedFiles:
    """The files of each relation that a connection names, in the order of their paths, of one kind each."""

    def __init__(self, patterns: Mapping[str, list[str]], kinds: tuple[str, ...] = KINDS) -> None:
        self._patterns, self._kinds = patterns, kinds
        self.of_relation = {name: _listed(name, paths, kinds) for name, paths in patterns.items()}

    def __iter__(self) -> Iterator[ListedFile]:
        """Yield each file once, in the order of the paths."""
        yield from sorted({file for files in self.of_relation.values() for file in files})

    def manifest(self) -> tuple[SourceFile, ...]:
        """Return each file once, as it was listed."""
        return tuple(SourceFile(file.path, file.size, _moment(file.changed_ns)) for file in self)

    def expect_unchanged(self) -> None:
        """Raise `BillingFault` if a file came, went or changed since they were listed."""
        now = ListedFiles(self._patterns, self._kinds).of_relation
        for name, files in self.of_relation.items():
            different = sorted(file.path for file in set(files) ^ set(now[name]))
            if different:
                raise BillingFault(
                    f"{name}: {different[0]} changed while it was read: read the month again when nobody writes there"
                )


def listed_files(fields: ConnectionFields) -> ListedFiles:
    """List the files that `relations` in the connection's extra names; raises `BillingFault`."""
    relations = fields.extra.get("relations")
    where = f"connection {fields.conn_id}: relations in extra"
    if not isinstance(relations, Mapping) or not relations:
        raise BillingFault(f"{where}: expected paths of files, each by the name of its relation: program_mrr_line")
    return ListedFiles({name: _paths(f"{where}: {name!r}", name, paths) for name, paths in relations.items()})


def _moment(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def database_file(path: str) -> ListedFiles:
    """List one DuckDB file; raises `BillingFault` if there is none."""
    return ListedFiles({"database": [path]}, kinds=(Path(path).suffix.lower(),))


def _paths(where: str, name: object, paths: object) -> list[str]:
    listed = paths if isinstance(paths, list) else [paths]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise BillingFault(f"{where}: expected the name of a relation, in small letters")
    for path in listed:
        if not isinstance(path, str) or not Path(path).is_absolute():
            raise BillingFault(f"{where}: {path!r}: expected a path from / on, in which * stands for any letters")
    if not listed:
        raise BillingFault(f"{where}: expected a path")
    return [str(path) for path in listed]


def _listed(name: str, patterns: list[str], allowed: tuple[str, ...]) -> tuple[ListedFile, ...]:
    paths: set[str] = set()
    for pattern in patterns:
        here = [path for path in glob(pattern, recursive=True) if Path(path).is_file()]  # noqa: PTH207, ** from / on
        if not here:
            raise BillingFault(f"{name}: no file is called {pattern}")
        paths.update(here)
    for path in sorted(paths):
        if _PATTERN.search(path):
            raise BillingFault(f"{name}: {path}: expected a file's name without *, ? and [")
        if Path(path).suffix.lower() not in allowed:
            raise BillingFault(f"{name}: {path}: expected a file that ends with {' or '.join(allowed)}")
    kinds = sorted({Path(path).suffix.lower() for path in paths})
    if len(kinds) > 1:
        raise BillingFault(f"{name}: expected files of one kind, found {' and '.join(kinds)}")
    return tuple(_as_listed(path) for path in sorted(paths))


def _as_listed(path: str) -> ListedFile:
    try:
        found = Path(path).stat()
    except OSError as error:
        raise BillingFault(f"{path}: {error.strerror}") from None
    return ListedFile(path, found.st_size, found.st_mtime_ns)
