"""Until which day partners that were suspended or ended by command keep what they have."""

import json
from collections import defaultdict
from datetime import date

from sqlalchemy import Connection

from partner_program.adapters.database.acts import load_acts
from partner_program.domain.acts import PARTNER_ENDED, PARTNER_RESUMED, PARTNER_SUSPENDED
from partner_program.domain.leaving import leaves_on


def days_of_leaving(connection: Connection) -> dict[str, date]:
    """Return the first day without the programme of each partner that a command suspended or ended, by partner."""
    steps: dict[str, list[tuple[str, date]]] = defaultdict(list)
    for act in load_acts(connection, PARTNER_SUSPENDED, PARTNER_ENDED, PARTNER_RESUMED):
        steps[act.subject].append((act.kind, date.fromisoformat(json.loads(act.detail)["from"])))
    found = {partner_id: leaves_on(own) for partner_id, own in steps.items()}
    return {partner_id: day for partner_id, day in found.items() if day is not None}
