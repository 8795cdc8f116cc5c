"""The command line started as a separate process: what it imports, what its help says, what it needs."""

import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from partner_program.cli.commands import program
from tests.cli.command_line import SCRIPT, CommandLine
from tests.cli.test_quote_and_explain import QUOTE, words

IMPORTED = re.compile(r"import time: .*\| +([\w.]+)$", re.MULTILINE)


def commands(group: click.Group = program, *names: str) -> Iterator[tuple[str, ...]]:
    """The words of every command, including groups."""
    for name, command in group.commands.items():
        yield (*names, name)
        if isinstance(command, click.Group):
            yield from commands(command, *names, name)


ALL = [(), *commands()]
LEAVES = [each for each in ALL if not any(other != each and other[: len(each)] == each for other in ALL)]


def started(partner_program: CommandLine, *typed: str) -> subprocess.CompletedProcess[str]:
    """Start the installed console script with this installation's variables and no others of ours."""
    return subprocess.run(
        [SCRIPT, *typed],
        env=partner_program.whole_environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def imports(partner_program: CommandLine, *typed: str) -> set[str]:
    """The top-level packages that a command imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", SCRIPT, *typed],
        env=partner_program.whole_environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout
    return {name.partition(".")[0] for name in IMPORTED.findall(done.stderr)}


@pytest.mark.processes
def test_what_this_threads_queries_look_at_is_imported_before_another_thread_imports_it_too():
    words = (
        "import sys, threading; from partner_program.adapters.quality import expectations;"
        "threading.Thread.start = lambda thread: sys.exit(not sys.modules.get('sqlalchemy.orm.exc'));"
        "expectations.Thread = threading.Thread; expectations.import_beside(); sys.exit('no thread')"
    )
    assert subprocess.run([sys.executable, "-c", words], timeout=60, check=False).returncode == 0


@pytest.mark.processes
def test_help_imports_no_library_that_takes_time():
    found = imports(CommandLine(), "--help")

    assert "click" in found
    assert not found & {"airflow", "pandas", "great_expectations", "sqlalchemy", "alembic", "jinja2", "rich", "yaml"}


@pytest.mark.parametrize(
    "typed",
    [
        ("register", "2015-06"),
        ("register", "2015-06", "--format", "json"),
        ("quote", "P1", *words(QUOTE)),
    ],
    ids=" ".join,
)
@pytest.mark.processes
def test_looking_something_up_imports_neither_airflow_nor_pandas(settled, typed):
    found = imports(settled, *typed)

    assert "sqlalchemy" in found
    assert not found & {"airflow", "pandas", "great_expectations", "numpy"}


@pytest.mark.processes
def test_a_process_keeps_answer_log_and_status_apart(settled):
    answered = started(settled, "register", "2015-06", "--format", "json")
    refused = started(settled, "register", "2015-07")
    misused = started(settled, "register", "2015-13")

    assert (answered.returncode, answered.stderr) == (0, "")
    assert answered.stdout == settled("register", "2015-06", "--format", "json").stdout
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "refused: month 2015-07 is not assessed: run `partner-program run 2015-07`\n"
    assert (misused.returncode, misused.stdout) == (2, "")
    assert misused.stderr.startswith("Usage: partner-program register [OPTIONS] MONTH\n")


@pytest.mark.processes
def test_connections_in_the_environment_are_all_that_a_first_command_needs(elsewhere, tmp_path):
    alone = elsewhere.but(HOME=str(tmp_path), PATH="/usr/bin:/bin").without("PARTNER_PROGRAM_OUT")

    done = subprocess.run(
        [SCRIPT, "init"],
        env=dict(alone.environment),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["new", "program.db"]


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_help_explains_the_command_and_each_of_its_options(command):
    answer = CommandLine()(*command, "--help")
    _, _, options = answer.stdout.partition("Options:\n")
    entries = re.split(r"\n(?=  -)", options.partition("\n\n")[0])

    assert (answer.status, answer.stderr) == (0, "")
    assert re.search(r"\n  [A-Z][^\n]{20}", answer.stdout), "no sentence says what it does"
    for entry in entries:
        assert re.search(r" {2,}[A-Z][a-z]|\n +[A-Z][a-z]", entry.strip()), f"unexplained: {entry}"


@pytest.mark.parametrize("command", LEAVES, ids=" ".join)
def test_help_of_each_command_ends_with_an_example_on_a_line_of_its_own(command):
    shown = CommandLine()(*command, "--help").stdout

    assert re.search(
        rf"\n  partner-program {' '.join(command)}\b[^\n]*\n$|\n    partner-program {' '.join(command)}", shown
    )
    assert "\\b" not in shown
