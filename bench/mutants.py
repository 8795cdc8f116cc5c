"""Changes one place of the code after another, and counts the changes that no test notices.

`python -m bench.mutants ROOM...`; ROOM is domain, month, letters or units. By hand, before a release. mutmut works on a
copy in `build/mutants/ROOM`, where a run that was interrupted goes on. With `--sample` some places are changed, drawn
at random but the same each time; with `--only` those of some modules; `--again` tries once more what no test has
noticed, with the tests as they are now.

`cd build/mutants/ROOM && ../../../.venv/bin/mutmut show NAME` shows what a survivor changed.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from bench.mutants_copy import PROJECT, copy_project

# Copies what has to lie beside the code, makes the changes, and runs each test once to see which code it reaches.
PREPARE = """
import mutmut.__main__ as m
m.set_mutant_under_test("mutant_generation")
m.copy_src_dir()
m.copy_also_copy_files()
m.setup_source_paths()
m.create_mutants(1)
m.collect_or_load_stats(m.get_mutant_runner(1), apply_config_invalidation=True)
"""
STATS = "mutants/mutmut-stats.json"
SECONDS_OF_TESTS = 5  # for one place of a use case at first: its tests run whole months, and `--again` asks all of them
# The status that mutmut notes for each place; any other one is a test that failed, or never ended.
SURVIVED, NO_TEST = 0, (5, 33)


@dataclass(frozen=True, slots=True)
class Room:
    """Modules to change, below the package, and the tests that have to notice it."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


# Of the use cases those modules that decide money, tiers, rates, who gets a letter, or send.
ROOMS = {
    "domain": Room(("domain/*",), ("tests/domain",)),
    "month": Room(
        tuple(
            f"usecases/month/{each}.py"
            for each in ("decisions", "commit", "taking_force", "restatement", "closes", "lease")
        ),
        (
            "tests/usecases/month",
            "tests/usecases/test_grants.py",
            "tests/usecases/test_grants_ahead.py",
            "tests/usecases/test_publication.py",
            "tests/usecases/letters/test_benefits_in_letters.py",
            "tests/scenarios",
        ),
    ),
    "letters": Room(
        tuple(
            f"usecases/letters/{each}.py"
            for each in ("approval", "binding", "claims", "envelopes", "reconciliation", "resolution", "sending")
        ),
        ("tests/usecases/letters",),
    ),
    "units": Room(
        ("usecases/month_unit.py", "usecases/settled_past.py"),
        (
            "tests/usecases/test_month_unit.py",
            "tests/usecases/test_simulation_of_own_programmes.py",
            "tests/usecases/month/test_currency.py",
        ),
    ),
}


def main() -> None:
    """Read the command line and go through the rooms."""
    parser = argparse.ArgumentParser(prog="python -m bench.mutants", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"{', '.join(ROOMS)}; domain where none is named")
    parser.add_argument("--sample", type=int, metavar="N", help="change N places of each room, drawn at random")
    parser.add_argument("--seed", type=int, default=1, help="draws another sample")
    parser.add_argument(
        "--only", nargs="+", default=(), metavar="MODULE", help="change these modules, as in unit rates"
    )
    parser.add_argument("--again", action="store_true", help="try again what no test has noticed")
    asked = parser.parse_args()
    rooms = asked.rooms or ["domain"]
    if unknown := set(rooms) - ROOMS.keys():
        parser.error(f"no room is called {', '.join(sorted(unknown))}: there are {', '.join(ROOMS)}")
    os.nice(10)
    for name in rooms:
        run(name, sample=asked.sample, seed=asked.seed, only=asked.only, again=asked.again)


def run(name: str, *, sample: int | None, seed: int, only: Collection[str], again: bool) -> None:
    """Change the places of one room and print the score."""
    at = PROJECT / "build/mutants" / name
    is_new = copy_project(at, ROOMS[name].modules, ROOMS[name].tests)
    (at / "setup.cfg").write_text(settings(ROOMS[name]), "utf-8")
    if is_new or again:  # other tests may reach the code now
        (at / STATS).unlink(missing_ok=True)
    python(at, PREPARE)
    if not again:
        keep_fast_tests(at)
    found = {each: status for each, status in results(at) if not only or module_of(each) in only}
    drawn = draw(found, sample=sample, seed=seed)
    wanted = (None, SURVIVED, *NO_TEST) if again else (None,)
    names = [each for each in drawn if found[each] in wanted]
    if names:
        python(at, "import sys, mutmut.__main__ as m; m._run(sys.argv[1:], 1)", *names)
    found = dict(results(at))
    print_score(name, at, {each: found[each] for each in drawn}, len(found))


def module_of(place: str) -> str:
    """The module of a place by its name in mutmut, as in `partner_program.domain.unit.x_unit_on__mutmut_1`."""
    return place.rpartition(".")[0].rpartition(".")[2]


def draw(found: Iterable[str], *, sample: int | None, seed: int) -> list[str]:
    """The places of a sample, the same for a seed; a larger sample has those of a smaller one. Without one, all."""
    drawn = sorted(found)
    if sample is not None:
        random.Random(seed).shuffle(drawn)  # noqa: S311 - no secret
    return drawn[:sample]


def keep_fast_tests(at: Path) -> None:
    """Of the tests that reach a function keep the fastest, as many as run in `SECONDS_OF_TESTS`, and at least one."""
    path = at / STATS
    stats = json.loads(path.read_text("utf-8"))
    seconds = stats["duration_by_test"]
    for function, tests in stats["tests_by_mangled_function_name"].items():
        fastest = sorted(tests, key=lambda each: seconds[each])
        passed = accumulate(seconds[each] for each in fastest)
        count = sum(each <= SECONDS_OF_TESTS for each in passed)
        stats["tests_by_mangled_function_name"][function] = fastest[: max(count, 1)]
    path.write_text(json.dumps(stats), "utf-8")


def python(at: Path, code: str, *arguments: str) -> None:
    """Run some code of mutmut in a room's copy.

    On a busy machine a drawn example may take longer than Hypothesis allows: that is no test that noticed something.
    With `CI` set it allows any time, and draws the same examples each time.
    """
    command = [sys.executable, "-c", code, *arguments]
    subprocess.run(command, cwd=at, check=True, env={**os.environ, "CI": "true"})  # noqa: S603 - our own code


def settings(room: Room) -> str:
    """The settings of mutmut.

    A test that reads the source is left out: it would see what mutmut adds. Each place is tried in a process in which
    no test has run: worlds that tests make once would have been made by the code as it was.
    """
    lists = {
        "only_mutate": [f"src/partner_program/{each}" for each in room.modules],
        "pytest_add_cli_args": [
            "--deselect=tests/domain/test_purity.py",
            "-p",
            "no:cacheprovider",
            "-m",
            "not server and not airflow and not processes",
        ],
        "pytest_add_cli_args_test_selection": room.tests,
    }
    lines = ["[mutmut]", "source_paths=src", "timeout_multiplier=20", "process_isolation=forkserver"]
    for key, values in lists.items():
        lines += [f"{key}=", *(f"    {each}" for each in values)]
    return "\n".join(lines) + "\n"


def results(at: Path) -> Iterator[tuple[str, int | None]]:
    """Each place by its name in mutmut, with the status that it noted; None where it has not been tried."""
    for path in sorted(at.glob("mutants/src/partner_program/**/*.meta")):
        yield from json.loads(path.read_text("utf-8"))["exit_code_by_key"].items()


def print_score(name: str, at: Path, drawn: Mapping[str, int | None], in_all: int) -> None:
    """Print how many changes were noticed, and write the others beside the copy."""
    tried = {each: status for each, status in drawn.items() if status is not None}
    without = [each for each, status in tried.items() if status in NO_TEST]
    lived = diffs(at, [each for each, status in tried.items() if status == SURVIVED])
    wording = {each for each, diff in lived.items() if is_wording(diff)}
    (at / "survivors.txt").write_text(
        "".join(f"{diff}\n" for each, diff in lived.items() if each not in wording)
        + "".join(f"# in wording alone: {each}\n" for each in sorted(wording))
        + "".join(f"# no test runs: {each}\n" for each in without),
        "utf-8",
    )
    noticed, rest = len(tried) - len(lived) - len(without), len(tried) - len(wording)
    print(
        f"{name}: {len(tried)} of {in_all} places changed, {noticed} noticed; {len(wording)} of the others changed "
        f"the wording of a text alone: {noticed} of {rest} is {100 * noticed / max(rest, 1):.1f} %\n"
        f"{len(lived) - len(wording)} lived and {len(without)} are in functions that no test runs: "
        f"{(at / 'survivors.txt').relative_to(PROJECT)}"
    )


def diffs(at: Path, names: Sequence[str]) -> dict[str, str]:
    """What each of these changed, as a diff."""
    code = (
        "import json, sys\n"
        "from mutmut.mutation.diff_apply import get_diff_for_mutant\n"
        "json.dump({each: get_diff_for_mutant(each) for each in json.load(sys.stdin)}, sys.stdout)"
    )
    asked = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], cwd=at, check=True, input=json.dumps(list(names)), capture_output=True, text=True
    )
    return dict(json.loads(asked.stdout))


def is_wording(diff: str) -> bool:
    """Whether a change is one of a text's letters: mutmut puts XX around it, or changes its case."""
    before, after = (
        [line[1:].replace("XX", "").lower() for line in diff.splitlines() if line[:1] == sign and line[:3] != sign * 3]
        for sign in "-+"
    )
    return before == after


if __name__ == "__main__":
    main()
