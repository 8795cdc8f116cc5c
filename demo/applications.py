"""Two invented applications: one that is refused, and one that becomes a partner."""

import json
from datetime import date
from pathlib import Path

from partner_program.usecases.application import Accepted, accept_application, judge_application
from partner_program.usecases.installation import Installation

REFUSED = {
    "website": "https://unlinked-us490014.example",
    "email": "owner@post-of-many.example",
    "company_name": "Lost & Found Hosting LLC",
    "phone": "+1 202 555 0149",
    "address": "14 Maple Street, Springfield",
    "resolves_abuse_reports": True,
    "provides_billing_support": "no",
    "type_of_business": "end user",
    "geographical_location": "US",
    "market_focus": "our own web shop",
    "minimum_revenue": "0",
}
ACCEPTED = {
    "website": "https://www.unlinked-nl190012.example",
    "email": "info@unlinked-nl190012.example",
    "company_name": "Verdwaalde Servers V.O.F.",
    "phone": "+31 20 000 0912",
    "address": "Zoekgracht 12, Haarlem",
    "resolves_abuse_reports": True,
    "provides_billing_support": True,
    "type_of_business": "hosting provider",
    "geographical_location": "NL",
    "market_focus": "web shops and schools",
    "minimum_revenue": "2500.00",
    "language": "nl",
    "billing_name": "Sanne Dwaallicht",
    "billing_email": "facturen@unlinked-nl190012.example",
    "accounts": "NL/NL190012",
}
FROM = date(2015, 7, 29)


def write_applications(folder: Path) -> tuple[Path, Path]:
    """Write both applications; return the files of the one that is refused and of the one that is accepted."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, answers in (("refused", REFUSED), ("accepted", ACCEPTED)):
        path = folder / f"{name}.json"
        path.write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        files.append(path)
    return files[0], files[1]


def judged_lines(here: Installation, file: Path) -> list[str]:
    """The fields that an application does not fulfil, one a line, with the programme's words."""
    checked = judge_application(here, file)
    verify = [f"verify: {each}" for each in checked.to_verify]
    return [f"{each.field} {each.state}: {each.because} [{each.source}]" for each in checked.unfulfilled] + verify


def accept(here: Installation, file: Path, registry: Path) -> Accepted:
    """Make the partner of the application that fulfils the list."""
    return accept_application(
        here,
        file,
        registry,
        manager_id="AM01",
        authorized_on=FROM,
        other_than=(),
        accepted_by="Willemijn de Haan",
        reason="met in Haarlem, references called",
    )
