"""# Settle the programme's first month.

The month before the first day on which a programme is in force decides the first tiers; its rates hold from that day.
Both days are those of the first programme file. This has the same steps as every month (see `monthly_tier_assignment`),
with two differences: existing partners keep older terms that are better, and each authorised partner gets the migration
letter.

It has no schedule: start it by hand, once. If you want earlier months for information, backfill them first. Starting
it again with equal inputs changes nothing.

| parameter | default | meaning |
|---|---|---|
| `billing_month` | the month before the first programme file's day | the month whose revenue decides the first tiers |
| `effective_on` | the first programme file's day | the first day of the rates |
| `close_deadline_days` | 10 | days after the month's end to wait for entities that have not closed the month |

If a step fails, its log says what to do. Clearing any task is safe. More in docs/operations.md.
"""

from airflow.sdk import dag

from partner_program.airflow_steps.alerts import notify_failure
from partner_program.airflow_steps.months import month_params, month_steps
from partner_program.airflow_steps.programme_days import first_month
from partner_program.airflow_steps.running import OWNER

FIRST = first_month()


@dag(
    dag_id=FIRST.dag_id,
    dag_display_name="Migration: the first month",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    params=month_params(billing_month=str(FIRST.month), effective_on=FIRST.effective_on.isoformat()),
    on_failure_callback=notify_failure,
    default_args={"owner": OWNER},
    description=f"Settle the first month, {FIRST.month}, with rates from {FIRST.effective_on}; once, by hand",
    doc_md=__doc__,
    tags=["partner-programme", "month", "migration"],
)
def migration() -> None:
    """Settle the programme's first month."""
    month_steps(migration=True)


migration()
