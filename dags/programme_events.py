"""# Tell other systems what happened.

Letters tell partners what changed; this tells the systems that have to know it too.

Every ten minutes. What took force, was published or decided was written down as an event with it; this sends each event
to the endpoint of the connection `events_webhook`, signed, each partner's in order. Without that connection it does
nothing.

| step | what it does |
|---|---|
| `send_events` | sends what may go now; tries again for some hours where the endpoint takes nothing |

| when | do this |
|---|---|
| the endpoint is down | nothing: no event counts an attempt meanwhile, and this fails after some hours |
| an event was not taken ten times | this fails once; look at `partner-program events list --state dead` |
| a step failed | read its log; the next run sends what was not taken, perhaps once more with the same id |

More in docs/operations.md.
"""

from airflow.sdk import CronTriggerTimetable, dag

from partner_program.airflow_steps.alerts import notify_failure
from partner_program.airflow_steps.events import event_steps
from partner_program.airflow_steps.running import OWNER


@dag(
    dag_id="programme_events",
    dag_display_name="Events for other systems",
    schedule=CronTriggerTimetable("*/10 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    on_failure_callback=notify_failure,
    default_args={"owner": OWNER},
    description="Send what happened, signed and in order, to the endpoint of the connection events_webhook",
    doc_md=__doc__,
    tags=["partner-programme", "events"],
)
def programme_events() -> None:
    """Send the events that wait."""
    event_steps()


programme_events()
