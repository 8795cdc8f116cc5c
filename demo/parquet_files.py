"""Writes an entity's billing database again as Parquet files, as a finance team's warehouse would deliver it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pandas

_RELATIONS = ("program_mrr_line", "program_period_close", "program_reseller_account")
# a column's type where it is no text
_TYPES = {
    "DATE": ("service_start", "service_end", "posted_on", "ordered_on"),
    "TIMESTAMP WITH TIME ZONE": ("closed_at",),
    "BIGINT": ("term_months", "net_amount_minor", "discount_bp", "line_count", "control_total_minor"),
}
_TYPE_OF = {column: kind for kind, columns in _TYPES.items() for column in columns}


def parquet_files(folder: Path) -> dict[str, str]:
    """The path of each relation's file in a folder, by the relation's name."""
    return {name: str(folder / f"{name}.parquet") for name in _RELATIONS}


def write_parquet(database: Path, folder: Path) -> None:
    """Write each relation of a billing database into a file of its own.

    Raises `duckdb.Error` for a value that its column's type does not take: a Parquet file holds no text among numbers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(database)) as source, closing(duckdb.connect(":memory:")) as target:
        for name, path in parquet_files(folder).items():
            rows = pandas.read_sql(f"SELECT * FROM {name}", source, dtype=object)  # noqa: S608, a table of the demo
            columns = ", ".join(f"CAST({each} AS {_TYPE_OF.get(each, 'VARCHAR')}) AS {each}" for each in rows.columns)
            target.register("source_rows", rows.astype("string"))
            target.sql(f"SELECT {columns} FROM source_rows").write_parquet(path, overwrite=True)  # noqa: S608
