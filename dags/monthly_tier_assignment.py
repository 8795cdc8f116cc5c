"""# Assign tiers each month.

Runs on the first of each month at midnight in the programme's time zone, for the month that has just ended. A run that
is early waits. Load the registry (links, grants, exchange rates) before the totals are merged.

| step | what it does |
|---|---|
| `begin_month` | finds the month of this run and refuses one that may not run now |
| `wait_for_closes` | waits until every entity has closed the month or the deadline has passed; holds no worker |
| `pull_mrr` | freezes what each legal entity billed; an entity that cannot be read holds its partners only |
| `validate_mrr` | checks the frozen data and writes the quality report |
| `merge_totals` | adds up the revenue of each partner and decides who is held |
| `assign_tiers`, `settle_grace_periods` | decide tiers and open grants, as drafts |
| `ask_for_approval`, `approve_rates` | wait for a person, where the programme has rates approved (`approval: rates`) |
| `write_discount_rates` | **writes the rates in one transaction**, and the month is in force; the brake may stop it |
| `announce_month`, `announce_rates` | tell DAGs of others, by the month's assets; skipped where nothing is new |
| `publish_rates` | adds the rates to each order database and reads them back; tries again for five to six hours |
| `render_letters`, `preview_letters` | write the letters and the months' page below `out/` |
| `ask_for_letters`, `start_letters` | start `tier_letters`, which waits for a person's approval before it sends |

| parameter | default | meaning |
|---|---|---|
| `billing_month` | the scheduled month | the month to assess, YYYY-MM; needed when you start the DAG by hand |
| `effective_on` | the day of the commit | the first day of the new rates, after the month's end |
| `close_deadline_days` | 10 | days after the month's end to wait for entities that have not closed the month |

| when | do this |
|---|---|
| partners are held | they keep the rate they have; fix the cause, then start the month again, with its own day |
| | as `effective_on`: without it the released rates hold from that run's day, and later months from no earlier one |
| rates wait for an approval | read the book of changes, answer under Required Actions: not who started the run |
| rates were rejected | correct the cause, then clear `merge_totals` and what follows |
| the brake is on | check the figures; see below |
| `publish_rates` failed | letters go on, the rates stay owed; clear the task once the order database is back |
| any other step failed | read its log, fix the cause, clear the task; that is safe, equal inputs change nothing |
| you want earlier months | a backfill is history only: totals and tiers for information, no rates, no letters |
| you unpause this DAG | it starts the newest month at once, which takes force only after the month before it |

To release the brake: `partner-program brake release MONTH --reason TEXT`, then clear `merge_totals` and what follows.

More in docs/operations.md.
"""

from airflow.sdk import CronPartitionTimetable, dag

from partner_program.airflow_steps.alerts import notify_failure
from partner_program.airflow_steps.months import month_params, month_steps
from partner_program.airflow_steps.programme_days import schedule_zone
from partner_program.airflow_steps.running import OWNER


@dag(
    dag_id="monthly_tier_assignment",
    dag_display_name="Monthly tier assignment",
    schedule=CronPartitionTimetable("0 0 1 * *", timezone=schedule_zone(), run_offset=-1, key_format="%Y-%m"),
    catchup=False,
    max_active_runs=1,
    params=month_params(),
    on_failure_callback=notify_failure,
    default_args={"owner": OWNER},
    description="Settle the month that has just ended: tiers, rates for new orders, letters",
    doc_md=__doc__,
    tags=["partner-programme", "month"],
)
def monthly_tier_assignment() -> None:
    """Settle the month that has just ended."""
    month_steps(migration=False)


monthly_tier_assignment()
