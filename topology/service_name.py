"""The host name that Airflow notes for each task: here it is the name of the service that ran it."""

import os

VARIABLE = "TOPOLOGY_SERVICE"


def service_name() -> str:
    """The service whose process this is; in a container the host name is the same."""
    return os.environ[VARIABLE]
