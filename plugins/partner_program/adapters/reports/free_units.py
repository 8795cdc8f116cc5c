"""Writes a partner's units free of charge, and what is billed at nothing, as JSON for programs."""

import json

from partner_program.adapters.reports.plain_values import plain
from partner_program.domain.free_units import FreeUnits


def free_units_json(found: FreeUnits) -> str:
    """Return the units and the lines, and of which entities lines are not known."""
    facts = {
        "partner_id": found.partner_id,
        "on": plain(found.on),
        "benefits": plain(found.benefits),
        "lines": plain(found.lines),
        "not_read": dict(found.not_read),
        "faulty_lines": {entity: list(lines) for entity, lines in found.faulty_lines.items()},
    }
    return json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
