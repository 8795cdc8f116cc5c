"""The documents are right: links, commands, variables, keys, messages, and the README's own example."""

import csv
import os
import re
import subprocess
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from demo.special_partners import SPECIAL_PARTNERS
from partner_program.adapters.billing.pull import pull_month
from partner_program.adapters.files import registry_forms
from partner_program.adapters.files.csv_sheet import Form
from partner_program.cli.commands import program
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.letters import LETTER_KINDS
from partner_program.domain.program import BenefitTerms, Brake, LargestLine
from partner_program.domain.registry import Entity
from partner_program.domain.requirements import Requirement
from partner_program.domain.revenue import CHARGE_KINDS, COUNTED_KINDS, EXCLUDED_KINDS
from partner_program.domain.totals import BUCKETS
from tests.worlds import World

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
PROGRAMME = (ROOT / "docs/programme.md").read_text(encoding="utf-8")
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
OURS = [path for path in DOCUMENTS if path.name not in ("CONTRIBUTING.md", "topology.md")]
SOURCES = [path for folder in ("plugins", "dags", "demo") for path in (ROOT / folder).rglob("*.py")]
named = pytest.mark.parametrize("document", OURS, ids=lambda path: path.name)


def unfenced(text: str) -> str:
    """A text without its blocks of code."""
    return re.sub(r"(?ms)^```.*?^```$", "", text)


def anchors(path: Path) -> set[str]:
    """The anchors that a code host makes from the headings."""
    headings = re.findall(r"(?m)^#+ (.+)$", unfenced(path.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", unfenced(document.read_text(encoding="utf-8")))
    dead = []
    for link in links:
        address, _, anchor = link.partition("#")
        if "://" in address:
            continue
        target = document.parent / address if address else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)

    assert dead == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_row_of_a_table_has_the_cells_of_its_head(document: Path) -> None:
    text = unfenced(document.read_text(encoding="utf-8"))
    for table in re.findall(r"(?m)(?:^\|.*\n)+", text):
        cells = [len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()]
        uneven = [row for row, count in zip(table.splitlines(), cells, strict=True) if count != cells[0]]
        assert uneven == []


def test_every_kind_of_letter_is_told_in_the_order_in_which_it_is_asked_for() -> None:
    told = PROGRAMME.partition("## 12 Letters")[2].partition("| reading |")[0]
    assert tuple(re.findall(r"(?m)^\| `(\w+)` \|", told)) == LETTER_KINDS
    (kinds,) = re.findall(r"its `kind` is one of (.+?) \(", (ROOT / "docs/contract.md").read_text(encoding="utf-8"))
    assert tuple(re.findall(r"`(\w+)`", kinds)) == LETTER_KINDS


def command_named(words: list[str]) -> tuple[click.Command | None, list[str]]:
    """The command that the words after `partner-program` name, or None, and the words that are left."""
    found: click.Command = program
    while isinstance(found, click.Group) and words and not words[0].startswith("-"):
        inner = found.get_command(click.Context(found), words[0])
        if inner is None:
            return None, words
        found, words = inner, words[1:]
    return found, words


@named
def test_every_command_and_option_that_is_quoted_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    quoted = re.findall(r"(?m)partner-program ((?:[a-z]|--)[^`\n|#>]*)", text)
    unknown = []
    for line in quoted:
        words = [word.rstrip(".,;:)'\"") for word in line.split()]
        found, rest = command_named(words)
        options = {name for parameter in found.params for name in parameter.opts} if found else set()
        if found is None or not {word for word in rest if word.startswith("--")} <= options | {"--help"}:
            unknown.append(line)

    assert unknown == []


@named
def test_every_environment_variable_that_is_named_is_read_somewhere(document: Path) -> None:
    variables = set(
        re.findall(r"(?<![A-Z_])(?:PARTNER_PROGRAM_[A-Z_]+|GX_[A-Z_]+)\b", document.read_text(encoding="utf-8"))
    )
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)

    assert {name for name in variables if f'"{name}"' not in code} == set()


def test_every_variable_of_the_product_is_in_the_run_book() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "plugins").rglob("*.py"))
    variables = set(re.findall(r'"(PARTNER_PROGRAM_[A-Z_]+)"', code))

    assert len(variables) == 8
    assert {name for name in variables if f"`{name}`" not in OPERATIONS} == set()


def test_every_command_is_in_the_readme_or_the_run_book() -> None:
    told = README + OPERATIONS

    assert {name for name in program.commands if f"partner-program {name}" not in told} == set()


def has_path(document: Any, path: str) -> bool:
    """Whether a key such as `tiers[].sla` is in a programme file."""
    for key in path.split("."):
        name = key.removesuffix("[]")
        if not isinstance(document, dict) or name not in document:
            return False
        document = document[name][0] if key.endswith("[]") else document[name]
    return True


def keys_of_the_programme_page() -> list[str]:
    """The code words in the last column of tables whose last column is `key`."""
    keys, in_table = [], False
    for line in PROGRAMME.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            in_table = False
        elif cells[-1] == "key":
            in_table = True
        elif in_table:
            keys += re.findall(r"`([^`]+)`", cells[-1])
    return keys


def test_every_key_of_the_programme_page_is_a_key_of_the_programme_file_or_of_the_registry() -> None:
    document = yaml.safe_load((ROOT / "include/program/2015-07-27.yaml").read_text(encoding="utf-8"))
    forms = [form for form in vars(registry_forms).values() if isinstance(form, Form)]
    forms += [registry_forms.benefit_requests(None), registry_forms.legacy_agreements(None)]
    registry = {form.file_name for form in forms} | {column.name for form in forms for column in form.columns}
    options = {name for command in program.commands.values() for each in command.params for name in each.opts}
    known = {f"application_answers[].{each.name}" for each in fields(Requirement)}
    known |= registry | options | set(program.commands) | {"hold", "stop", "additive", "compound", "true", "false"}
    known |= {"on_change", "always", "approval", "none", "rates", "tiers[].requires", "tiers[].name", "promotions"}
    known |= {"requirement_names"}
    known |= {"another_person", *(f"benefit_terms[].{each.name}" for each in fields(BenefitTerms))}
    known |= {f"brake.{each.name}" for each in fields(Brake) if each.default is not MISSING}  # optional ones

    keys = [key.split(":")[0].removeprefix("partner-program ").split(" ")[0] for key in keys_of_the_programme_page()]

    assert len(keys) > 30
    assert [key for key in keys if key not in known and not has_path(document, key)] == []


def test_every_reading_and_brake_of_the_programme_file_is_on_the_programme_page() -> None:
    document = yaml.safe_load((ROOT / "include/program/2015-07-27.yaml").read_text(encoding="utf-8"))
    names = {f"{part}.{key}" for part in ("readings", "brake") for key in document[part]}

    assert {name for name in names if name not in PROGRAMME} == set()


def test_the_documents_list_the_kinds_and_buckets_of_the_table() -> None:
    listed = README.partition("`charge_kind` is one of ")[2].partition("; `document_status`")[0]
    buckets = PROGRAMME.partition("of these buckets that fits")[2]
    contract = (ROOT / "docs/contract.md").read_text(encoding="utf-8")
    columns = {True: "yes", False: "no"}
    kinds = [(kind.name, columns[kind.counts], columns[kind.may_be_negative]) for kind in CHARGE_KINDS.values()]

    assert re.findall(r"`(\w+)`", listed.partition("(these count)")[0]) == list(COUNTED_KINDS)
    assert re.findall(r"`(\w+)`", listed.partition("(these count)")[2]) == list(EXCLUDED_KINDS)
    assert re.findall(r"`(\w+)`", buckets.partition("\n\n")[0]) == list(BUCKETS)
    assert re.findall(r"(?m)^\d+\. `(\w+)`: ", contract) == list(BUCKETS)
    assert re.findall(r"(?m)^\| `(\w+)` \| (yes|no) \| (yes|no) \|", contract) == kinds


def line_faults() -> list[tuple[str, str, str]]:
    """The messages of the run book's table of faulty lines: (column, value as it is printed, the whole message)."""
    section = OPERATIONS.partition("### One line")[2].partition("\n## ")[0]
    messages = re.findall(r"(?m)^\| `((\w+) is ('[^']*'|\S+)(?: for \S+ to \S+)?, expected .*?)` \|", section)
    return [(column, value, message) for message, column, value in messages]


@pytest.mark.parametrize(("column", "value", "message"), line_faults(), ids=lambda text: text[:20])
def test_a_faulty_line_says_what_the_run_book_says(world: World, column: str, value: str, message: str) -> None:
    world.bill("A1", "2015-06", 1_00, months=3)
    starts = re.search(r"service_start (\S+)$", message) or re.search(r" for (\S+) to \S+, ", message)
    ends = re.search(r" for \S+ to (\S+), ", message)
    cell = None if value == "NULL" else value.strip("'") if value.startswith("'") else int(value)
    kind = "usage" if "usage" in message else "recurring"
    days = "service_start = coalesce(?, service_start), service_end = coalesce(?, service_end)"
    world.execute("NL", "ALTER TABLE program_mrr_line ADD COLUMN term_amount_minor INTEGER")
    if "term_months is empty" in message:
        world.execute("NL", "UPDATE program_mrr_line SET term_months = NULL")
    world.execute(
        "NL",
        f"UPDATE program_mrr_line SET charge_kind = ?, {days}, {column} = ? WHERE line_id = 'L1'",  # noqa: S608
        (kind, starts and starts[1], ends and ends[1], cell),
    )
    world.ready("2015-06")
    entity = Entity(**{**world.tables["entities"][0], "source": None, "left_on": None, "joined_on": None})

    found = pull_month(
        world.connections["billing_nl"],
        entity,
        BillingMonth(2015, 6),
        largest_line=LargestLine(1_000_000_000),
        sql_folder=ROOT / "include/sql",
    ).faulty_lines

    assert [f"{line.column} is {line.found}, expected {line.expected}" for line in found] == [message]


def test_the_run_book_has_the_common_faults_of_a_line() -> None:
    columns = {column for column, _, _ in line_faults()}

    assert len(line_faults()) >= 10
    assert {"charge_kind", "net_amount_minor", "service_start", "service_end", "term_months"} <= columns


def test_the_partners_that_the_readme_names_have_a_story() -> None:
    named_here = set(re.findall(r"(?m)^\| (P\d{3}) \|", README))

    assert len(named_here) >= 6
    assert named_here <= {plan.partner_id for plan in SPECIAL_PARTNERS}


def run_as_printed(page: str, folder: str, instead: Path) -> set[str]:
    """Run the commands of a page in a shell, in another folder, and return what they said, line by line."""
    section = page.partition("<!-- runs: begin -->")[2].partition("<!-- runs: end -->")
    commands = "\n".join(re.findall(r"(?ms)^```sh\n(.*?)^```$", section[0]))
    promised = re.findall(r"(?ms)^```text\n(.*?)^```$", section[2])[0].replace(folder, str(instead)).splitlines()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PARTNER_"))}

    ran = subprocess.run(
        ["sh", "-eu"],  # noqa: S607 - the reader's own shell
        input=commands.replace(folder, str(instead)),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    answer = {" ".join(line.split()) for line in ran.stdout.splitlines()}
    assert [line for line in promised if " ".join(line.split()) not in answer] == []
    return answer


@pytest.mark.processes
def test_the_readmes_own_billing_database_runs_as_it_is_printed(tmp_path: Path) -> None:
    run_as_printed(README, "/tmp/my-programme", tmp_path / "my")  # noqa: S108 - replaced, not used

    with (tmp_path / "my/out/registers/2015-06.csv").open(encoding="utf-8") as file:
        assert [row["partner_id"] for row in csv.DictReader(file)] == ["P1", "P2"]
    assert (tmp_path / "my/out/letters/2015-06/P1.html").is_file()


@pytest.mark.processes
def test_the_page_of_an_own_programme_runs_as_it_is_printed_and_says_nothing_of_the_first_owner(tmp_path: Path) -> None:
    page = (ROOT / "docs/your-own-programme.md").read_text("utf-8")
    folder = tmp_path / "fjord"
    said = run_as_printed(page, "/tmp/fjord", folder)  # noqa: S108 - replaced, not used

    with (folder / "out/registers/2026-01.csv").open(encoding="utf-8") as file:
        rows = [(row["partner_id"], row["tier"], row["monthly_fee_discount_bp"]) for row in csv.DictReader(file)]
    assert rows == [("P1", "2", "1000"), ("P2", "1", "500")]
    written = {path: path.read_text("utf-8", errors="replace") for path in folder.rglob("*") if path.is_file()}
    told = "\n".join([*said, *written.values()])
    assert [word for word in ("LeaseWeb", "leaseweb", "2015", "Authorized Reseller") if word in told] == []
