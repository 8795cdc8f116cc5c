"""Keeps what the checks of an entity found, with a seal of what it was made of: equal data is not checked again.

The seal covers the data, the suite, the code and the libraries that checked it, the findings and the page: where any of
them differs, or the file cannot be read, the entity is checked anew.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from partner_program.adapters.atomic_write import write_if_changed
from partner_program.adapters.own_code import hash_of_files
from partner_program.adapters.quality.offline_pages import page_name
from partner_program.adapters.quality.suite import suite
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.findings import Finding
from partner_program.domain.revenue import EntityRevenue, may_count

_LIBRARIES = ("great_expectations", "pandas")


def made_of(revenue: EntityRevenue, month: BillingMonth, currency: str | None) -> str:
    """Return a hash of everything that decides what the checks of an entity say."""
    checked = sha256(f"{_code()} {month} {revenue.entity!r} {suite(month, currency)!r}\n".encode())
    for group in revenue.groups:
        if may_count(group):
            checked.update(f"{tuple(group)!r}\n".encode())
    return checked.hexdigest()


def kept_findings(folder: Path, entity: str, made: str) -> list[Finding] | None:
    """Return the findings of an earlier run over the same, None where there are none or their page is not as it was."""
    try:
        kept = json.loads(_place(folder, entity).read_text("utf-8"))
        findings = [Finding(**{**each, "examples": tuple(each["examples"])}) for each in kept["findings"]]
        seal = _seal(folder, entity, made, findings)
    except (OSError, ValueError, TypeError, KeyError):
        return None  # not there, or not what we wrote
    return findings if kept["seal"] == seal else None


def keep_findings(folder: Path, entity: str, made: str, findings: Sequence[Finding]) -> None:
    """Keep the findings for a later run; the entity's page is written already."""
    kept = {"seal": _seal(folder, entity, made, findings), "findings": [asdict(each) for each in findings]}
    write_if_changed(_place(folder, entity), json.dumps(kept, indent=1) + "\n")


def drop_findings(folder: Path, entity: str) -> None:
    """Remove what an earlier run kept of an entity, and its page."""
    _place(folder, entity).unlink(missing_ok=True)
    (folder / page_name(entity)).unlink(missing_ok=True)


def any_kept(folder: Path) -> bool:
    """Return whether an earlier run kept anything of this month."""
    return any(folder.glob("*.json"))


def _place(folder: Path, entity: str) -> Path:
    return (folder / page_name(entity)).with_suffix(".json")


def _seal(folder: Path, entity: str, made: str, findings: Sequence[Finding]) -> str:
    page = sha256((folder / page_name(entity)).read_bytes()).hexdigest()
    said = json.dumps([asdict(each) for each in findings])
    return sha256(f"{made} {page} {said}".encode()).hexdigest()


@cache
def _code() -> str:
    """The checking code of this package and the versions of its libraries, as a hash."""
    folder = Path(__file__).parent
    return hash_of_files(sorted(folder.glob("*.py")), folder, *(f"{name} {version(name)}" for name in _LIBRARIES))
