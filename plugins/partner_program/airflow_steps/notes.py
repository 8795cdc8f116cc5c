"""What Airflow's page says of each task: its name, what it does, what it changes, and what to do where it fails."""

from typing import Any

_AGAIN = "Clearing it is safe: equal inputs change nothing."
NOTES = {
    "begin_month": (
        "Finds the month of this run (its partition key, or the param `billing_month`) and refuses one that "
        "may not run now: a gap, a day backwards, letters that lack a word. A scheduled run that is early waits for "
        "the month's end in the programme's time zone. Changes nothing."
    ),
    "wait_for_closes": (
        "Looks every 30 minutes whether each entity has closed the month, until all have or the deadline "
        "(`close_deadline_days`) has passed. Holds no worker. Partners of entities that are late are held. "
        "Changes nothing."
    ),
    "pull_mrr": (
        "Reads what one legal entity billed and freezes it, one task for each entity. An entity that cannot "
        f"be read does not fail the task: its partners are held, and the log says why. {_AGAIN}"
    ),
    "validate_mrr": f"Checks the frozen data and writes the quality report below `out/reports`. {_AGAIN}",
    "merge_totals": (
        "Adds up what each partner counts, in the unit of the programme, and decides who is held. Stops where lines "
        f"read are not all counted or excluded by name. A draft: nothing is in force yet. {_AGAIN}"
    ),
    "assign_tiers": f"Drafts the tier that each total earns. {_AGAIN}",
    "settle_grace_periods": f"Drafts what becomes of open grace periods: confirmed, lapsed, or still open. {_AGAIN}",
    "ask_for_approval": (
        "Where the programme has rates approved (`approval: rates`), keeps on record that they wait for a person, once "
        f"for each decision. Fails where a person has refused them. {_AGAIN}"
    ),
    "approve_rates": (
        "**Waits for a person**, under Required Actions, where rates are approved; otherwise it ends at once. It shows "
        "the book of changes. Whoever started the run cannot approve. The answer is for this decision alone. "
        "Rejected, nothing takes force: correct the cause, then clear `merge_totals` and what follows. Approved with "
        "`partner-program month approve` meanwhile: clear it, and it goes on."
    ),
    "write_discount_rates": (
        "**The month takes force here**, in one transaction: tiers, rates for new orders, the letters that "
        "are owed, and who ran it. The brake stops it where it would lower too many: look at the figures, "
        "then `partner-program brake release MONTH --reason TEXT`, and clear `merge_totals` and what follows."
    ),
    "announce_month": (
        "Tells other DAGs that the month is in force: an event of the asset `partner_programme_month_in_force`, once "
        "for what took force. Skipped where nothing new did."
    ),
    "list_order_databases": f"Lists the entities with an order database. {_AGAIN}",
    "publish_rates": (
        "Adds what is owed to one entity's order database and reads it back, one task for each entity. Tried "
        "again for five to six hours. Rows are only ever added. Where it failed, the rates stay owed: clear "
        "it once the database is back, or run `partner-program publish`."
    ),
    "announce_rates": (
        "Tells other DAGs that every order database has the month's rates: an event of the asset "
        "`partner_programme_rates_published`, once for what took force."
    ),
    "list_letter_batches": f"Numbers the batches of partners owed a letter, whatever came of publishing. {_AGAIN}",
    "render_letters": f"Writes one batch of letters below `out/letters`. Nothing is sent. {_AGAIN}",
    "preview_letters": f"Writes the months' page, `out/index.html`. {_AGAIN}",
    "ask_for_letters": f"Skipped where no letter waits for an approval; otherwise `start_letters` follows. {_AGAIN}",
    "start_letters": "Starts `tier_letters`, once for the same letters. That run waits for a person's approval.",
    "begin_letters": (
        "Counts the letters that wait for an approval and writes the preview book, "
        f"`out/letters/MONTH/index.html`. {_AGAIN}"
    ),
    "approve_letters": (
        "**Waits for a person**, under Required Actions. The approval holds for these letters as they are, "
        "and for nothing that is rendered later. Whoever started the run or ran the month cannot give it; one "
        "person alone can, by ticking `alone`, where letters are only written to files. An approval on the page of "
        "letters answers here too. Where it failed, clear it and let somebody else answer."
    ),
    "send_canary": (
        "Sends the first three letters. Where the mail server does not take one, the rest stays here: read "
        "the log, correct the cause, clear this task. What was handed over is never sent again."
    ),
    "list_send_batches": f"Numbers the batches of the month's letters. {_AGAIN}",
    "send_letters": (
        "Sends the approved letters of one batch, one batch after the other, at the pace of the settings. "
        "Clearing it sends only what was not handed over."
    ),
    "send_deferred": "Sends postponed letters again when their time has come, for up to two days. Holds no worker.",
    "reconcile_letters": (
        "Counts the month's letters: owed = the sum of the states. Fails where a letter needs a person: "
        "`partner-program letters list MONTH` names them."
    ),
    "announce_letters": (
        "Tells other DAGs that no letter of the month is on the way any more: an event of the asset "
        "`partner_programme_letters_sent`. Skipped where some wait, or it was told already."
    ),
    "collect_reminders": (
        "Looks for what each partner manager has to see to, asks the entities for contracts that end, and writes the "
        f"digest of each manager who has none of this week yet. Nothing is sent. {_AGAIN}"
    ),
    "send_digests": (
        "Sends each digest of the week once, and postponed ones again for up to two days. Holds no worker meanwhile. "
        "Clearing it sends only what was not handed over."
    ),
    "reconcile_digests": (
        "Counts the week's digests. Fails where one was not taken: `partner-program reminders list` says why."
    ),
    "send_events": (
        "Sends the events that may go now to the endpoint, each partner's in order. Fails where one was not taken ten "
        "times: `partner-program events list --state dead` names it. Clearing it sends what was not taken."
    ),
    "end_letters": "Fails where anything before it failed, so that a run whose letters were not sent is no success.",
}
_NAMES = {
    "begin_month": "Begin the month",
    "announce_month": "Announce: month in force",
    "announce_rates": "Announce: rates published",
    "list_letter_batches": "List batches of letters",
    "start_letters": "Start tier_letters",
    "begin_letters": "Begin the letters",
    "send_canary": "Send the first three",
    "list_send_batches": "List batches to send",
    "send_deferred": "Send deferred letters",
    "announce_letters": "Announce: letters sent",
    "end_letters": "End the letters",
}  # where a name is not just its task's id in words


def words_of(task_id: str) -> dict[str, Any]:
    """What a task is made with: its name and its note; a task without a note keeps the DAG from being loaded."""
    name = _NAMES.get(task_id, task_id.replace("_", " ").capitalize())
    return {"task_display_name": name, "doc_md": NOTES[task_id]}
