"""Makes a company's own folder: a programme file, a brand, a registry, connections, and what to do next."""

import json
import re
import shlex
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from partner_program.adapters.files.new_folder import make_new_folder
from partner_program.adapters.files.program import read_program
from partner_program.adapters.files.registry import registry_headings
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import Program
from partner_program.domain.refusals import Refusal
from partner_program.usecases.installation import PROJECT

_MARK = re.compile(r"@([A-Z_]+)@")


@dataclass(frozen=True, slots=True)
class NewCompany:
    """Whose folder it is, and the first day of its programme."""

    folder: Path
    name: str
    first_day: date


def make_folder_of(company: NewCompany) -> list[str]:
    """Make the folder and return the places of its files, in the order in which a person goes through them.

    Raises `Refusal` for a folder that is not empty, cannot be written, or lies below the project.
    """
    folder = company.folder.resolve()
    if folder == PROJECT or PROJECT in folder.parents:
        raise Refusal(f"{folder} lies below the project, where an upgrade could change it: name a folder outside of it")
    files = _files(company, folder)
    make_new_folder(folder, files)
    return list(files)


def example_program() -> Program:
    """The programme file that a new folder has, as long as nobody has edited it."""
    company = NewCompany(Path(), "Example", date(2026, 1, 1))
    name = f"{company.first_day}.yaml"
    return read_program(name, _files(company, Path())[f"program/{name}"].encode())


def _files(company: NewCompany, folder: Path) -> dict[str, str]:
    day = company.first_day.isoformat()
    database = json.dumps({"conn_type": "sqlite", "host": str(folder / "program.db")}, ensure_ascii=False)
    marks = {
        "NAME": company.name,
        "COMPANY": json.dumps(company.name, ensure_ascii=False),
        "COMPANY_PARTNERS": json.dumps(f"{company.name} Partners", ensure_ascii=False),
        "DAY": day,
        "MONTH": str(BillingMonth.of(company.first_day).preceding),
        "FOLDER": shlex.quote(str(folder)),
        "OUT": shlex.quote(str(folder / "out")),
        "REGISTRY": shlex.quote(str(folder / "registry")),
        "DATABASE": shlex.quote(database),
    }

    def written(name: str) -> str:
        text = (PROJECT / "include" / "new" / name).read_text("utf-8")
        return _MARK.sub(lambda mark: marks[mark[1]], text)

    headings = registry_headings()
    return {
        "README.md": written("README.md"),
        f"program/{day}.yaml": written("program.yaml"),
        "brand.yaml": written("brand.yaml"),
        "connections.sh": written("connections.sh"),
        **{f"registry/{name}": f"{','.join(columns)}\n" for name, columns in headings.items()},
    }
