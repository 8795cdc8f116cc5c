"""# Send a month's letters.

"Each Reseller Partner will be informed about the tier they are in and the benefits assigned to that tier."

Started by a month's run when its letters are rendered. It shows the preview book, **waits for a person other than the
one who started the run**, sends three letters, then the rest, and adds up: owed = the sum of the states.

| what | how |
|---|---|
| approve | in Airflow: Required Actions, or the REST API; the word holds for the letters as they were shown |
| rendered anew | the approval is void and the letters wait for another |
| without live sending | each message is written below `out/mail`, nothing leaves |
| a letter that may have arrived | `ambiguous`: never sent again by itself, see `partner-program letters resolve` |
| again | clearing and starting again send only what was not handed over |
| unpausing | starts what months' runs asked for meanwhile; each waits for its approval |

More in docs/operations.md.
"""

from airflow.sdk import dag

from partner_program.airflow_steps.letters import letter_params, letter_steps
from partner_program.airflow_steps.running import notify_failure


@dag(
    dag_id="tier_letters",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    params=letter_params(),
    on_failure_callback=notify_failure,
    doc_md=__doc__,
    tags=["partner-programme"],
)
def tier_letters() -> None:
    """Send the letters of one month."""
    letter_steps()


tier_letters()
