"""# The migration of 2015.

"The go live date is 27 July 2015. All revenues have been calculated based on the Resellers' revenue up until June."

Settles the programme's first month: revenue month 2015-06, with rates from 2015-07-27. It has the same steps as every
month (see `monthly_tier_assignment`), with two differences: existing partners keep older terms that are better, and
each authorised partner gets the migration letter.

It has no schedule: start it by hand, once. If you want earlier months for information, backfill them first. Starting
it again with equal inputs changes nothing.

| parameter | default | meaning |
|---|---|---|
| `billing_month` | `2015-06` | the month whose revenue decides the first tiers |
| `effective_on` | `2015-07-27` | the first day of the rates |
| `close_deadline_days` | 10 | days after the month's end to wait for entities that have not closed the month |

If a step fails, its log says what to do. Clearing any task is safe. More in docs/operations.md.
"""

from airflow.sdk import dag

from partner_program.airflow_steps.alerts import notify_failure
from partner_program.airflow_steps.months import month_params, month_steps
from partner_program.airflow_steps.running import OWNER


@dag(
    dag_id="migration_2015",
    dag_display_name="Migration of June 2015",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    params=month_params(billing_month="2015-06", effective_on="2015-07-27"),
    on_failure_callback=notify_failure,
    default_args={"owner": OWNER},
    description="Settle the first month, June 2015, with rates from 27 July 2015; once, by hand",
    doc_md=__doc__,
    tags=["partner-programme", "month", "migration"],
)
def migration_2015() -> None:
    """Settle the programme's first month."""
    month_steps(migration=True)


migration_2015()
