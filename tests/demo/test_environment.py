"""What the demo leaves for a shell: every connection that its questions need."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from demo.__main__ import write_environment
from demo.entities import ENTITIES

TELL = """
import json, os
print(json.dumps({name: json.loads(value) for name, value in os.environ.items() if name.startswith("AIRFLOW_CONN_")}))
"""


@pytest.mark.processes
def test_a_shell_that_reads_it_has_the_programme_and_every_entity(tmp_path: Path) -> None:
    file = tmp_path / "environment.sh"
    write_environment(file)
    told = subprocess.run(
        ["/bin/sh", "-ec", f'. "$0"; "{sys.executable}" -c "$1"', file, TELL],
        env={},
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(told.stdout)
    named = {f"AIRFLOW_CONN_BILLING_{each.entity}" for each in ENTITIES}
    assert found.keys() == {"AIRFLOW_CONN_PARTNER_PROGRAM", *named}
    assert all(each["conn_type"] for each in found.values())
