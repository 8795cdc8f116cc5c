"""What DAGs of others can start on: Airflow's assets, with the month as the partition.

An event is told once for what took force, whoever put it there: Airflow itself is asked what it has told before.
A step that committed and was ended before it could say so is therefore told by its next try, and a restatement that was
accepted on a page by the next run of its month; a run that finds nothing new tells nothing.
"""

from collections.abc import Mapping
from typing import Any

from airflow.sdk import Asset, get_current_context
from airflow.sdk.exceptions import AirflowSkipException

from partner_program.domain.billing_month import BillingMonth

GROUP = "partner-programme"
MONTH_IN_FORCE = Asset("partner_programme_month_in_force", group=GROUP)
RATES_PUBLISHED = Asset("partner_programme_rates_published", group=GROUP)
LETTERS_SENT = Asset("partner_programme_letters_sent", group=GROUP)


def telling(asset: Asset) -> dict[str, Any]:
    """What a task is made with that tells of an asset; it also reads what was told before."""
    return {"inlets": [asset], "outlets": [asset]}


def tell_once(asset: Asset, month: BillingMonth, what: Mapping[str, Any]) -> None:
    """Have this task's success tell of a month; skip it, which tells nothing, where just this was the last word of it.

    `what` goes along as the event's `extra`: revisions and counts, never a name or money.
    """
    context: Any = get_current_context()
    told = [each for each in context["inlet_events"][asset] if each.partition_key == str(month)]
    extra = {"billing_month": str(month), **what}
    if told and told[-1].extra == extra:
        raise AirflowSkipException(f"nothing new about {month}: {extra} was told already")
    event = context["outlet_events"][asset]
    event.add_partitions(str(month))
    event.extra = extra
