"""In which order the tests run, and which of them run in one process."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

LONG = (  # by their time, longest first, so that both processes end at about the same time
    "dags/test_backfill",
    "dags/test_months_through_airflow",
    "dags/test_",
    "page/browser/",
    "usecases/month/test_races",
    "usecases/letters/test_faults",
    "usecases/month/test_crashes",
    "usecases/month/test_random_worlds_on_postgres",
    "topology/test_topology_runs",
    "adapters/billing/test_deadline",
    "adapters/mail/test_client",
    "test_documents",
    "adapters/quality/test_",
    "usecases/test_simulation",
    "adapters/billing/test_every_dialect",
    "adapters/billing/test_servers",
    "adapters/database/test_tier_migration",
    "demo/test_demo_on_servers",
    "letters/test_letters_read_back",
    "usecases/month/test_run",
    "usecases/month/test_reproducible",
    "usecases/month/",
    "usecases/proofs/",
    "demo/test_",
    "usecases/test_",
    "letters/test_",
)


def place(item: pytest.Item) -> int:
    """A test's place in the order; those of one place stay in the order in which they were found."""
    name = item.nodeid.partition("::")[0]
    return next((number for number, part in enumerate(LONG) if part in name), len(LONG))


class ByFile(LoadScopeScheduling):  # type: ignore[misc] # the library has no types
    """Tests of a file run in one process, for they share what it made; all of Airflow's, which takes long to start.

    So do all that share one browser and the Airflow that it looks at.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith("tests/page/browser/"):
            return "in a browser"
        in_airflow = nodeid.startswith(("tests/dags/", "tests/page/"))
        return "in Airflow" if in_airflow else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Hand out the tests file by file."""
    return ByFile(config, log)
