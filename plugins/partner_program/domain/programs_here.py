"""Whether the programme files are those that the months before were settled with: another company's decide no month."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import Program
from partner_program.domain.refusals import Refusal


class SettledWith(NamedTuple):
    """A programme file by its name and sha256, and the newest month that was settled with it."""

    billing_month: BillingMonth
    program_file: str
    program_hash: str


def check_programs_here(settled: Collection[SettledWith], programs: Sequence[Program]) -> None:
    """Refuse a programme file that was changed after its month, and files of which no month knows any.

    A month may have been settled with a file given by hand: where the file of another month is here, that is no fault.
    """
    here = {program.file_hash for program in programs}
    newest = max(settled, default=None)
    if newest is None or newest.program_hash in here:
        return
    month, file = newest.billing_month, newest.program_file
    if file in {program.file_name for program in programs}:
        raise Refusal(
            f"{file} is not as it was when month {month} was settled with it: put it back, as a changed programme is "
            "a new file with a later first day, or set PARTNER_PROGRAM_INCLUDE to the folder that has it"
        )
    if not any(each.program_hash in here for each in settled):
        raise Refusal(
            f"month {month} was settled with {file}, and no month with a programme file that is here: "
            "set PARTNER_PROGRAM_INCLUDE to the folder of this company"
        )
