"""Runs the command line as a shell does: arguments go in, an exit status and two separate streams come out.

Most tests call the console script's own function in this process, which saves a second each time.
"""

import io
import json
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

from partner_program.cli import main

OURS = ("AIRFLOW_CONN_", "PARTNER_PROGRAM_")
SCRIPT = Path(sys.executable).parent / "partner-program"


@dataclass(frozen=True)
class Answer:
    """The exit status and the output of a command."""

    status: int
    body: bytes
    stderr: str

    @property
    def stdout(self) -> str:
        """The answer as text."""
        return self.body.decode()

    @property
    def json(self) -> Any:
        """The answer as JSON."""
        return json.loads(self.stdout)

    @property
    def said(self) -> str:
        """Both streams together, with line breaks as spaces, to check what must be in neither."""
        return " ".join((self.stdout + self.stderr).split())


@dataclass(frozen=True)
class CommandLine:
    """`partner-program` with the environment variables of one installation and no others of ours."""

    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_sqlite(cls, databases: Mapping[str, Path], out: Path) -> "CommandLine":
        """An installation on SQLite files, by connection id; letters and reports go below `out`."""
        connections = {
            f"AIRFLOW_CONN_{name.upper()}": json.dumps({"conn_type": "sqlite", "host": str(path)})
            for name, path in databases.items()
        }
        return cls({**connections, "PARTNER_PROGRAM_OUT": str(out)})

    def but(self, **variables: str) -> "CommandLine":
        """The same installation with these variables changed or added."""
        return replace(self, environment={**self.environment, **variables})

    def without(self, *variables: str) -> "CommandLine":
        """The same installation without these variables."""
        return replace(self, environment={name: v for name, v in self.environment.items() if name not in variables})

    @property
    def whole_environment(self) -> dict[str, str]:
        """The environment with which a separate process is started."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        return {**inherited, **self.environment}

    def __call__(self, *words: object) -> Answer:
        """Run one command through the function that the console script calls."""
        body = io.BytesIO()
        stdout, stderr = io.TextIOWrapper(body, encoding="utf-8", newline=""), io.StringIO()
        typed = ["partner-program", *map(str, words)]
        with (
            mock.patch.dict(os.environ, self.whole_environment, clear=True),
            mock.patch.object(sys, "argv", typed),
            redirect_stdout(stdout),
            redirect_stderr(stderr),
        ):
            status = _exit_status()
            stdout.flush()
        return Answer(status, body.getvalue(), stderr.getvalue())

    def must(self, *words: object) -> Answer:
        """Run a command that prepares a test; it has to succeed."""
        answer = self(*words)
        assert answer.status == 0, answer.stderr
        return answer


def words(options: Mapping[str, str], **changed: str) -> list[str]:
    """Options as a person types them, some of them changed."""
    return [word for pair in {**options, **changed}.items() for word in pair]


def _exit_status() -> int:
    try:
        main()
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    return 0
