"""The demo's proofs: written with a key of the demo's own, and looked through as an auditor does."""

import os
import time
from pathlib import Path

from partner_program.adapters.proofs.keys import KEY_VARIABLE
from partner_program.domain.acts import Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.plurals import plural
from partner_program.domain.proof import Verification
from partner_program.usecases.installation import Installation
from partner_program.usecases.proofs.keys import new_key
from partner_program.usecases.proofs.verify import verify_proof
from partner_program.usecases.proofs.write import write_proof


def write_proofs(here: Installation, folder: Path, months: list[str]) -> list[Path]:
    """Write the proofs of months in force, in order, with a new key in the same folder; return the files."""
    public = new_key(folder / "private.pem")
    (folder / "public.pem").write_text(public.pem)
    os.environ[KEY_VARIABLE] = str(folder / "private.pem")
    by = Doer("demo", "the demo's walk-through", int(time.time()))
    files = [folder / f"{month}.zip" for month in months]
    for month, file in zip(months, files, strict=True):
        write_proof(here, BillingMonth.parse(month), file, by=by)
    return files


def look_through(files: list[Path]) -> list[str]:
    """What looking through the proofs says, one sentence for each; each has to follow the one before."""
    public = files[0].parent / "public.pem"
    befores = [None, *files[:-1]]
    found = [verify_proof(file, trusted=[public], before=before) for file, before in zip(files, befores, strict=True)]
    return [_sentence(file, each) for file, each in zip(files, found, strict=True)]


def _sentence(file: Path, found: Verification) -> str:
    if not found.holds:
        return f"{file.name} DOES NOT HOLD: {found.differences[0]}"
    counts = found.counts
    done = f"{plural(counts['partners'], 'partner')} and {plural(counts['held'], 'held partner')} decided again"
    return f"{file.name}: unchanged, signed by the key that is trusted; {done} from {counts['lines']:,} lines: the same"
