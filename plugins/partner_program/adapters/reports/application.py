"""Writes what an application comes to as JSON."""

import json

from partner_program.adapters.reports.plain_values import plain
from partner_program.domain.authorisation import ApplicationCheck


def application_json(checked: ApplicationCheck) -> str:
    """Return the result as JSON for programs; `partners` is null where there was no registry to compare with."""
    facts = {
        "fulfilled": not checked.unfulfilled,
        "fields": plain(checked.fields),
        "to_verify": plain(checked.to_verify),
        "partners": plain(checked.partners),
    }
    return json.dumps(facts, ensure_ascii=False, indent=1) + "\n"
