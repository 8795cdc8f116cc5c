"""# Send a month's letters.

A month's run starts this DAG once its letters are rendered. You can also start it by hand, with a month whose letters
are rendered.

| step | what it does |
|---|---|
| `begin_letters` | writes the preview book and counts the letters that wait for an approval |
| `approve_letters` | **waits for a person other than the one who started the run** |
| `send_canary` | sends the first three letters; if one is not taken, the rest stays here |
| `send_letters` | sends the rest in batches, one after the other |
| `send_deferred` | tries postponed letters again for up to two days; holds no worker meanwhile |
| `announce_letters` | tells DAGs of others that none is on its way any more, by the asset for it |
| `reconcile_letters` | adds up: owed = the sum of the states; fails if a letter needs a person |

| parameter | default | meaning |
|---|---|---|
| `billing_month` | none, has to be given | the month whose letters are sent, YYYY-MM |
| `approval` | `person` | `auto` is for tests: it does not approve live sending, unless the settings allow it |

| when | do this |
|---|---|
| the run waits for an approval | read the preview book, then answer under Required Actions or by the REST API |
| letters were rendered anew after the approval | the approval is void, and the letters need a new one |
| live sending is not switched on | nothing leaves: each message is written below `out/mail` |
| a letter may have arrived (`ambiguous`) | read the mail server's log, then run `partner-program letters resolve` |
| a step failed | read its log; clearing it or starting again sends only what was not handed over |
| you unpause this DAG | it starts the runs that months asked for meanwhile; each waits for its approval |

More in docs/operations.md.
"""

from airflow.sdk import dag

from partner_program.airflow_steps.alerts import notify_failure
from partner_program.airflow_steps.letters import letter_params, letter_steps
from partner_program.airflow_steps.running import OWNER


@dag(
    dag_id="tier_letters",
    dag_display_name="Tier letters",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    params=letter_params(),
    on_failure_callback=notify_failure,
    default_args={"owner": OWNER},
    description="Send a month's letters after a person has approved them",
    doc_md=__doc__,
    tags=["partner-programme", "letters"],
)
def tier_letters() -> None:
    """Send the letters of one month."""
    letter_steps()


tier_letters()
