"""`partner-program`: the same use cases as the DAGs, without Airflow running.

The answer goes to stdout, log and progress to stderr. Exit status 0 done, 1 refused by a rule of the programme,
2 wrong usage. Heavy libraries are imported by the commands that need them, so that `--help` answers at once.
"""

import gc
import sys

from partner_program.cli.closed_pipes import outlive_readers
from partner_program.cli.commands import program
from partner_program.domain.refusals import Refusal


def main() -> None:
    """Run one command; a refusal is one plain message and status 1, a reader that has gone is none."""
    gc.set_threshold(50_000)  # a command ends soon, and most of what it makes is modules: they are searched in vain
    outlive_readers()
    try:
        program.main(prog_name="partner-program")
    except Refusal as refusal:
        sys.stderr.write(f"refused: {refusal}\n")
        sys.exit(1)
    except OSError as error:
        sys.stderr.write(f"refused: {error.filename or 'a file'}: {error.strerror}: is PARTNER_PROGRAM_OUT writable?\n")
        sys.exit(1)
