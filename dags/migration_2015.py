"""# The migration of 2015.

"The go live date is 27 July 2015. All revenues have been calculated based on the Resellers' revenue up until June."

The same steps as every month, for revenue month 2015-06 with rates from 2015-07-27: existing partners keep older terms
that are better, and each authorised partner gets the migration letter. On demand only; equal inputs change nothing.
"""

from airflow.sdk import dag

from partner_program.airflow_steps.months import month_params, month_steps
from partner_program.airflow_steps.running import notify_failure


@dag(
    dag_id="migration_2015",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    params=month_params(billing_month="2015-06", effective_on="2015-07-27"),
    on_failure_callback=notify_failure,
    doc_md=__doc__,
    tags=["partner-programme"],
)
def migration_2015() -> None:
    """Settle the programme's first month."""
    month_steps(migration=True)


migration_2015()
