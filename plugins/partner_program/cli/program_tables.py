"""Prints a programme file for people in a terminal, on stdout."""

from typing import TYPE_CHECKING

from partner_program.cli.long_tables import console as terminal
from partner_program.cli.table_cells import percent, titled_table
from partner_program.domain.program_rules import PARTS, RuleChange, period_words, tier_words

if TYPE_CHECKING:
    from partner_program.domain.program import Program
    from partner_program.usecases.program_check import CheckedProgram


def print_program(checked: "CheckedProgram") -> None:
    """Print the table of tiers, the benefits and the rules, then what differs from the programme before."""
    program, console = checked.program, terminal()
    whose = f" of {program.company}" if program.company else ""
    console.print(f"{program.file_name} is sound: the programme{whose} from {program.in_force_from} on", markup=False)
    console.print(_tiers(program))
    for part in ("benefits", "rules", "months"):
        rows = [each for each in checked.rules if each.part == part]
        if rows:
            table = titled_table(PARTS[part], "what", "holds")
            for each in rows:
                table.add_row(each.about, each.says)
            console.print(table)
    if checked.before is None:
        console.print("there is no programme before it")
    elif not checked.changes:
        console.print(f"nothing differs from {checked.before.file_name}", markup=False)
    else:
        console.print(_changes(checked.before.file_name, checked.changes))
    for doubt in checked.doubts:
        console.print(f"look: {doubt}", markup=False)


def _tiers(program: "Program") -> object:
    has_setup, has_sla = program.has("setup_fee"), program.has("sla")
    begins = program.unit.headed(f"from EUR {period_words(program)}")
    columns = ["tier", begins, "below", "monthly fee"]
    columns += [*(["setup fee"] if has_setup else []), *(["service level"] if has_sla else [])]
    table = titled_table(PARTS["tiers"], *columns, right=(begins, "below", "monthly fee", "setup fee"))
    text = program.unit.text
    ends = [*(row.from_mrr_cents for row in program.tiers[1:]), None]
    for row, end in zip(program.tiers, ends, strict=True):
        own = [percent(row.setup_fee_discount_bp)] if has_setup else []
        own += [row.sla or ""] if has_sla else []
        table.add_row(
            tier_words(row),
            text(row.from_mrr_cents),
            "" if end is None else text(end),
            percent(row.monthly_fee_discount_bp),
            *own,
        )
    return table


def _changes(before: str, changes: list[RuleChange]) -> object:
    table = titled_table(f"What it changes of {before}", "what", "before", "now")
    for each in changes:
        table.add_row(each.about, each.before or "", each.now or "no longer there")
    return table
