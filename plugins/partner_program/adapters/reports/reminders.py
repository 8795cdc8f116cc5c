"""Writes reminders for partner managers as JSON for programs."""

import json

from partner_program.adapters.reports.plain_values import plain
from partner_program.domain.reminders import Reminders


def reminders_json(reminders: Reminders) -> str:
    """Return each manager's reminders, and what could not be looked up."""
    facts = {
        "on": plain(reminders.on),
        "due_days": reminders.due_days,
        "managers": plain(reminders.managers),
        "unowned_contracts": reminders.unowned_contracts,
        "not_read": dict(reminders.not_read),
        "faulty_lines": {entity: list(lines) for entity, lines in reminders.faulty_lines.items()},
    }
    return json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
