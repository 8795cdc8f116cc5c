"""Writes the logins of Airflow's built-in users from the environment: `python -m topology.passwords`.

Airflow reads them only from a file; the api-server's own user alone may read it.
"""

import json
import os
from pathlib import Path

FILE_VARIABLE = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"


def write_passwords() -> None:
    """Write the file anew, readable by its owner alone."""
    path = Path(os.environ[FILE_VARIABLE])
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    users = {"admin": os.environ["AIRFLOW_ADMIN_PASSWORD"], "operator": os.environ["AIRFLOW_OPERATOR_PASSWORD"]}
    path.write_text(json.dumps(users))


if __name__ == "__main__":
    write_passwords()
