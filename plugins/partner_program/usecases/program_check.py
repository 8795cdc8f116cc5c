"""Reads one programme file and says what partners will see, and what it changes of the programme before it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from partner_program.adapters.files.program import load_program
from partner_program.adapters.in_unit import unit_facts
from partner_program.domain.program import Program
from partner_program.domain.program_rules import Rule, RuleChange, changed_rules, rules_of
from partner_program.domain.program_unit import EURO
from partner_program.domain.refusals import UnsoundFiles
from partner_program.usecases.installation import Installation
from partner_program.usecases.new_company import example_program

SMALL_CENTS = 100_00  # a first threshold below it may be meant in whole units


@dataclass(frozen=True, slots=True)
class CheckedProgram:
    """A sound programme file; `before` is the one in force before it, None where it would be the first.

    `doubts` are what a person may look at.
    """

    program: Program
    rules: list[Rule]
    before: Program | None
    changes: list[RuleChange]
    doubts: tuple[str, ...]


def check_program(installation: Installation, path: Path) -> CheckedProgram:
    """Read a programme file, or a draft of one; raises `UnsoundFiles` with every fault in it.

    The one before it is looked for beside it, where its folder is one of programme files, else in the installation.
    """
    program = load_program(path)
    folder = path.resolve().parent
    others = folder if folder.name == "program" else installation.program_folder
    before, doubts = _before(others, program)
    return CheckedProgram(
        program,
        rules_of(program),
        before,
        changed_rules(before, program) if before else [],
        (*doubts, *_doubts(path, program, before)),
    )


def _before(folder: Path, program: Program) -> tuple[Program | None, list[str]]:
    """The newest programme of a folder that begins before this one; a file at fault is named, and not compared."""
    found: list[Program] = []
    doubts: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            found.append(load_program(path))
        except UnsoundFiles as refusal:
            doubts.append(f"{path} is not sound, and not compared: {refusal.faults[0]}")
    earlier = [each for each in found if each.in_force_from < program.in_force_from]
    return max(earlier, key=lambda each: each.in_force_from, default=None), doubts


def _doubts(path: Path, program: Program, before: Program | None) -> list[str]:
    named = f"{program.in_force_from}.yaml"
    said = [] if path.name == named else [f"in the folder `program` it has to be called {named}"]
    if program.company is None:
        said.append("it names no `company`: every brand but that of the programme's first owner is refused beside it")
    said += looks_of(program)
    if before and program.company != before.company:
        said.append(f"the programme before it, {before.file_name}, is {before.company or 'of no company by name'}")
    return said


def looks_of(program: Program) -> list[str]:
    """What is sound and may yet be a slip: whole units for cents, the tiers of the example."""
    lowest = program.thresholds[0] if program.thresholds else SMALL_CENTS
    said = []
    if program.unit.decimals == EURO.decimals and lowest < SMALL_CENTS:
        is_this = program.unit.amount(lowest)
        said.append(f"from_mrr_cents: {lowest} is {is_this}: thresholds are whole cents, so that 50000 is 500.00")
    if program.tiers == example_program().tiers:
        said.append("its tiers are still those of the example that `partner-program new` writes")
    return said


def checked_program_file(checked: CheckedProgram) -> str:
    """What was found as JSON: amounts in cents, discounts in basis points, and each rule in words."""
    program = checked.program
    body = {
        "file": program.file_name,
        "file_hash": program.file_hash,
        "company": program.company,
        "in_force_from": program.in_force_from.isoformat(),
        "time_zone": program.time_zone,
        **unit_facts(program.unit),
        "tiers": [asdict(row) for row in program.tiers],
        "benefits": [
            {"key": each.key, "name": each.name, "group": each.group, "tiers": each.tiers} for each in program.benefits
        ],
        "rules": [asdict(each) for each in checked.rules],
        "before": checked.before.file_name if checked.before else None,
        "changes": [asdict(each) for each in checked.changes],
        "doubts": checked.doubts,
    }
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"
