"""# Send each partner manager the week's digest.

Each Monday at 07:00 in the programme's time zone. A digest tells one manager what ends within 30 days for their
partners (benefits, grace periods, contracts), which answers to disputes are due, and once what has ended since the
manager's last digest. Each manager gets at most one a week, and none where there is nothing to see to. It goes to the
own staff, so no person is asked.

| step | what it does |
|---|---|
| `collect_reminders` | looks for what there is to tell, and writes the digests; entities are asked for contracts |
| `send_digests` | sends each digest once; tries postponed ones again for up to two days; holds no worker |
| `reconcile_digests` | counts the week's digests; fails where one was not taken, and names the managers |

| parameter | default | meaning |
|---|---|---|
| `on` | the day of the run | the day of which the digests tell; they belong to its week |
| `due_days` | 30 | what ends or is due within so many days |

| when | do this |
|---|---|
| a Monday was missed | nothing: the next run covers what has ended meanwhile |
| an entity could not be read | nothing: the digest names it, and a later one tells what had ended there |
| live sending is not switched on | nothing leaves: each message is written below `out/mail/digests` |
| a manager's address is missing or not allowed | correct the registry or the settings, then start this DAG again |
| a digest may have arrived (`ambiguous`) | read the mail server's log, then `partner-program reminders resolve` |
| a step failed | read its log; clearing it or starting again sends only what was not handed over |
| you unpause this DAG | it sends this week's digests at once |

More in docs/operations.md.
"""

from airflow.sdk import CronTriggerTimetable, dag

from partner_program.airflow_steps.alerts import notify_failure
from partner_program.airflow_steps.programme_days import schedule_zone
from partner_program.airflow_steps.reminders import reminder_params, reminder_steps
from partner_program.airflow_steps.running import OWNER


@dag(
    dag_id="programme_reminders",
    dag_display_name="Reminders for partner managers",
    schedule=CronTriggerTimetable("0 7 * * 1", timezone=schedule_zone()),
    catchup=False,
    max_active_runs=1,
    params=reminder_params(),
    on_failure_callback=notify_failure,
    default_args={"owner": OWNER},
    description="Send each partner manager the digest of the week: what ends, what is due, what has ended",
    doc_md=__doc__,
    tags=["partner-programme", "reminders"],
)
def programme_reminders() -> None:
    """Send the digests of one week."""
    reminder_steps()


programme_reminders()
