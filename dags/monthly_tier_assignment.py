"""# Assign tiers each month.

"LeaseWeb will check monthly if the partner has moved to a new tier during the previous month in order to apply the
right discount."

On the first of each month, for the month that has just ended: freeze what each legal entity billed, check it, merge it
per partner, assign tiers, settle grace periods, **write the rates in one transaction**, publish them, render letters.

| what | how |
|---|---|
| on demand | param `billing_month` (YYYY-MM), and `effective_on` where the rates' first day is not today |
| late entity | waits `close_deadline_days` after the month's end without holding a worker, then holds its partners |
| held partners | keep the rate they have; start the same month again when the entity has closed |
| the brake | `partner-program brake release MONTH --reason TEXT`, then clear `merge_totals` and what follows it |
| backfill | history only: totals and tiers for information, no rates, no letters |
| unpausing | starts the newest month at once; it takes force only after the month before it, and sends nothing |
| again | clearing any task is safe: equal inputs change nothing |

More in docs/operations.md.
"""

from airflow.sdk import CronPartitionTimetable, dag

from partner_program.airflow_steps.months import month_params, month_steps
from partner_program.airflow_steps.running import notify_failure


@dag(
    dag_id="monthly_tier_assignment",
    schedule=CronPartitionTimetable("0 0 1 * *", timezone="Europe/Amsterdam", run_offset=-1, key_format="%Y-%m"),
    catchup=False,
    max_active_runs=1,
    params=month_params(),
    on_failure_callback=notify_failure,
    doc_md=__doc__,
    tags=["partner-programme"],
)
def monthly_tier_assignment() -> None:
    """Settle the month that has just ended."""
    month_steps(migration=False)


monthly_tier_assignment()
