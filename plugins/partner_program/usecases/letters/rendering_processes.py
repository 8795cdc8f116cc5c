"""Renders all letters of a month for the command line, in as many processes as there are cores.

Each process renders whole batches, as a task of the DAGs does, so that the answer is the same as that of one process.
What a process that was ended had not finished is rendered by the next run.
"""

import os
from concurrent.futures import Future, as_completed
from dataclasses import replace
from pathlib import Path

from partner_program.adapters.atomic_write import sweep_drafts
from partner_program.adapters.child_processes import child_processes
from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.rendering import (
    LetterFault,
    letter_batches,
    letters_folder,
    refuse_faults,
    render_batch,
)
from partner_program.usecases.letters.unchanged import MonthsLetters

FEW_BATCHES = 3  # one process has rendered so many before others have started
_Answer = tuple[int, list[LetterFault]]


def render_month(installation: Installation, month: BillingMonth, program_file: Path | None = None) -> int:
    """Render every letter that a month owes; return how many. Raises `NotRendered` as a batch does, after the last."""
    sweep_drafts(letters_folder(installation, month))
    known = MonthsLetters(installation, month, program_file)
    unchanged = known.count_unchanged()
    if unchanged is not None:
        return unchanged
    count = _render(installation, month, program_file)
    known.remember()
    return count


def _render(installation: Installation, month: BillingMonth, program_file: Path | None) -> int:
    batches = letter_batches(installation, month)
    processes = min(_cores(), len(batches))
    if processes < 2 or len(batches) <= FEW_BATCHES:
        answers = [render_batch(installation, month, batch, program_file) for batch in batches]
    else:
        answers = _in_processes(installation, month, batches, program_file, processes)
    refuse_faults(month, sorted((fault for _, faults in answers for fault in faults), key=lambda each: each.partner_id))
    return sum(count for count, _ in answers)


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_processes(
    installation: Installation, month: BillingMonth, batches: list[list[str]], program_file: Path | None, processes: int
) -> list[_Answer]:
    here = replace(installation)  # without the database that this process has opened
    with child_processes(processes, doing=f"rendered letters of {month}") as pool:
        futures: list[Future[_Answer]] = [
            pool.submit(render_batch, here, month, batch, program_file) for batch in batches
        ]
        return [future.result() for future in as_completed(futures)]
