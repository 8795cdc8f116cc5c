"""The address of the tests' MariaDB: 127.0.0.1:3306, root without a password, unless the environment says otherwise."""

import os
from typing import Any

MARIADB: dict[str, Any] = {
    "host": os.environ.get("TEST_MARIADB_HOST", "127.0.0.1"),
    "port": int(os.environ.get("TEST_MARIADB_PORT", "3306")),
    "user": "root",
    "password": os.environ.get("TEST_MARIADB_PASSWORD", ""),
}
NO_MARIADB = f"NO MARIADB FOR root AT {MARIADB['host']}:{MARIADB['port']} (TEST_MARIADB_HOST, _PORT, _PASSWORD)"
