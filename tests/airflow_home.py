"""One Airflow for the tests of a process, with its home in a temporary folder, set before Airflow is imported."""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOME = Path(tempfile.mkdtemp(prefix="airflow_home_"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
os.environ |= {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "false",
    "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(HOME / "logs"),
    "GX_ANALYTICS_ENABLED": "false",
}


@cache
def made_home() -> Path:
    """Airflow's home with its database made."""
    from airflow.configuration import AIRFLOW_HOME
    from airflow.utils.db import initdb

    assert str(HOME) == AIRFLOW_HOME, "Airflow was imported before these tests set its home"
    initdb()
    return HOME
