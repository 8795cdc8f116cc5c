"""The host name that Airflow notes for each task: here, the service that ran it."""

import os

VARIABLE = "TOPOLOGY_SERVICE"


def service_name() -> str:
    """The service in whose process this runs; in a container its host name says the same."""
    return os.environ[VARIABLE]
