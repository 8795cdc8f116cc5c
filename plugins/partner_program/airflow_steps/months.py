"""The steps of a month as Airflow tasks: schedule, retries and alerts are here, everything else is in the use cases."""

import logging
from datetime import UTC, date, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Asset, Param, PokeReturnValue, TaskGroup, chain, get_current_context, task
from airflow.sdk.exceptions import AirflowRescheduleException, AirflowSkipException

from partner_program.airflow_steps.alerts import notify_failure
from partner_program.airflow_steps.assets import MONTH_IN_FORCE, RATES_PUBLISHED, tell_once, telling
from partner_program.airflow_steps.book_text import book_text
from partner_program.airflow_steps.notes import words_of
from partner_program.airflow_steps.persons import PersonsAnswer, answered_by, approvers, started_by
from partner_program.airflow_steps.run_notes import RESULT, hand_on, month_line, waiting_line
from partner_program.airflow_steps.running import (
    MONTH_PATTERN,
    SAFE_RETRIES,
    TIME_LIMIT,
    installation,
    refuse_unknown_params,
    step,
)
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.book_of_changes import BookOfChanges
from partner_program.domain.plurals import plural
from partner_program.domain.program import begin_of_day
from partner_program.domain.refusals import Refusal
from partner_program.usecases import months_page, publication, registry
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters import approval as letter_approval
from partner_program.usecases.letters import rendering as letters
from partner_program.usecases.month import approval as rates_approval
from partner_program.usecases.month import closes
from partner_program.usecases.month.first_month import check_someone_began
from partner_program.usecases.month.in_force import what_is_in_force
from partner_program.usecases.month.inputs import MonthRequest
from partner_program.usecases.month.lease import MonthLease
from partner_program.usecases.month.run import MonthRun

_log = logging.getLogger(__name__)
_WHY = {
    "reason": Param(
        "",
        type="string",
        title="Reason",
        description="Why; it stays on record. Say here what is wrong where you reject.",
    )
}


def month_params(*, billing_month: str | None = None, effective_on: str | None = None) -> dict[str, Param]:
    """The parameters of a run on demand; Airflow refuses what does not fit before anything starts."""
    return {
        "billing_month": Param(
            billing_month,
            type=["null", "string"],
            pattern=MONTH_PATTERN,
            title="Billing month",
            description="The calendar month to assess, YYYY-MM. A scheduled run takes it from its partition key.",
        ),
        "effective_on": Param(
            effective_on,
            type=["null", "string"],
            format="date",
            title="Effective date",
            description="First day of the new rates, after the month's end. Empty: the day on which the run commits.",
        ),
        "close_deadline_days": Param(
            10,
            type="integer",
            minimum=0,
            maximum=60,
            title="Days to wait for closes",
            description="Counted from the month's end; the partners of entities that are later than that are held.",
        ),
    }


def _run(request: dict[str, Any], *, started_by: str | None = None) -> MonthRun:
    here = installation()
    effective_on, month = request["effective_on"], BillingMonth.parse(request["billing_month"])
    return MonthRun(
        here,
        MonthRequest(
            month=month,
            today=here.today(),
            effective_on=date.fromisoformat(effective_on) if effective_on else None,
            history=request["history"],
            migration=request["migration"],
            started_by=started_by,
        ),
        MonthLease(here, month, holder=request.get("holder"), seen=request.get("lease_token")),
    )


def _asked(context: Any, *, migration: bool) -> dict[str, Any]:
    """What this run was asked for; a backfill without an effective date is history only (rule 3)."""
    refuse_unknown_params(context, month_params())
    run, params = context["dag_run"], context["params"]
    key, asked = run.partition_key, params["billing_month"]
    month = key or asked
    if not month:
        raise Refusal(
            "this run names no month: start it with a partition key or the param billing_month, as in 2015-06"
        )
    if asked and asked != month:
        raise Refusal(f"this run names two months: its partition key is {key}, billing_month is {asked}")
    return {
        "billing_month": str(BillingMonth.parse(month)),
        "effective_on": params["effective_on"],
        "history": run.run_type == "backfill" and not params["effective_on"],
        "migration": migration,
        "close_deadline_days": params["close_deadline_days"],
        "holder": f"{run.dag_id} {run.run_id}",
    }


@task(**words_of("begin_month"), **SAFE_RETRIES)
@step
def begin_month(migration: bool = False) -> dict[str, Any]:
    """Find out which month this run assesses, and check that it may be assessed now.

    `lease_token` is the month's token at that moment: if another run takes the month later, this one writes nothing.
    """
    context: Any = get_current_context()
    request = _asked(context, migration=migration)
    hand_on(RESULT, request["billing_month"])
    here = installation()
    scheduled = context["dag_run"].run_type == "scheduled"
    if scheduled:
        check_someone_began(here)
    letters.check_letters(here)  # what the letters lack is refused before the month is in force
    if scheduled:
        _wait_for_the_months_end(here, BillingMonth.parse(request["billing_month"]))
    run = _run(request)
    run.begin()
    return {**request, "lease_token": run.lease_seen()}


def _wait_for_the_months_end(here: Installation, month: BillingMonth) -> None:
    """Let Airflow come back when the month has ended in the programme; a run that is early holds no worker."""
    ends = begin_of_day(here.programs, month.following.first_day)
    if ends > datetime.now(UTC):
        _log.info("month %s ends in the programme at %s: this run waits until then", month, ends.isoformat())
        raise AirflowRescheduleException(ends)  # type: ignore[no-untyped-call] # Airflow gives it no types


@task.sensor(
    **words_of("wait_for_closes"),
    mode="reschedule",
    poke_interval=1800,
    timeout=timedelta(days=61).total_seconds(),
    **SAFE_RETRIES,
)
@step
def wait_for_closes(request: dict[str, Any]) -> PokeReturnValue:
    """Wait until every entity has closed the month, or the deadline has passed; no worker is held meanwhile."""
    run = _run(request)
    entities = run.begin()
    deadline = run.request.month.following.first_day + timedelta(days=request["close_deadline_days"])
    late = []
    if run.request.today < deadline:
        read = closes.read_entity_months(run.installation, entities, run.request.month)
        late = [revenue.entity for revenue in read if revenue.fault is not None]
    if late:
        _log.info("month %s: waiting for %s until %s", run.request.month, ", ".join(late), deadline)
    return PokeReturnValue(is_done=not late, xcom_value=[entity.entity for entity in entities])


@task(**words_of("pull_mrr"), map_index_template="{{ entity }}", **SAFE_RETRIES)
@step
def pull_mrr(request: dict[str, Any], entity: str) -> int:
    """Freeze what one entity billed in the month; returns how many lines."""
    context: Any = get_current_context()
    context["entity"] = entity
    run = _run(request)
    revenue = run.pull_mrr(registry.find_entity(run.installation, entity))
    if revenue.fault:
        _log.warning("entity %s: %s: its partners are held", entity, revenue.fault)
    return sum(group.lines for group in revenue.groups) + len(revenue.faulty_lines)


@task(**words_of("validate_mrr"), **SAFE_RETRIES)
@step
def validate_mrr(request: dict[str, Any]) -> int:
    """Check the frozen data and write the quality report; returns how many findings."""
    findings = _run(request).validate_mrr()
    for finding in findings:
        _log.info("%s %s: %s", finding.severity, finding.entity, finding.message)
    return len(findings)


@task(**words_of("merge_totals"), **SAFE_RETRIES)
@step
def merge_totals(request: dict[str, Any]) -> int:
    """Merge revenue per partner; returns how many partners are held."""
    return len(_run(request).merge_totals().held)


@task(**words_of("assign_tiers"), **SAFE_RETRIES)
@step
def assign_tiers(request: dict[str, Any]) -> int:
    """Assign the tier that each total earned; returns how many partners."""
    return len(_run(request).assign_tiers())


@task(**words_of("settle_grace_periods"), **SAFE_RETRIES)
@step
def settle_grace_periods(request: dict[str, Any]) -> int:
    """Settle open grants; returns how many partners."""
    return len(_run(request).settle_grace_periods())


@task(**words_of("ask_for_approval"), **SAFE_RETRIES)
@step
def ask_for_approval(request: dict[str, Any]) -> dict[str, Any]:
    """Ask for the approval of the month's rates, where the programme says so; returns whether they wait."""
    letters.check_letters(installation())  # days may have passed since the month was begun
    run = _run(request, started_by=started_by(get_current_context()))
    if not run.may_wait:
        return {"waits": False}
    commit = run.ask_for_approval()
    return {"waits": commit.waits and not commit.braked, "decision_hash": commit.approval_hash}


class RatesApproval(PersonsAnswer):
    """Waits for a person's answer about the rates that were shown, and records it in the programme's database."""

    def execute(self, context: Any) -> Any:
        """Show the book of changes and ask, unless nothing waits or it was approved on the command line meanwhile."""
        if not context["ti"].xcom_pull(task_ids="ask_for_approval")["waits"]:
            _log.info("no rates wait for an approval")
            return None
        book = _book(context["ti"].xcom_pull(task_ids="begin_month"))
        if book.answer == "approved":
            _log.info("the rates were approved on the command line")
            return None
        unit = installation().tier_names.unit_of(book.billing_month, book.effective_on)
        self.body = book_text(book, unit)
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Record the answer, which holds only for the rates that were shown; a refusal stops the month."""
        request = context["ti"].xcom_pull(task_ids="begin_month")
        shown = context["ti"].xcom_pull(task_ids="ask_for_approval")["decision_hash"]
        approves = event.get("chosen_options") == [self.APPROVE]
        reason = str((event.get("params_input") or {}).get("reason") or "").strip()
        _answer(request, answered_by(event), reason or "answered in Airflow", shown, approves=approves)
        return super().execute_complete(context, event)


@step
def _book(request: dict[str, Any]) -> BookOfChanges:
    return rates_approval.month_book(installation(), BillingMonth.parse(request["billing_month"]))


@step
def _answer(request: dict[str, Any], name: str, reason: str, shown: str, *, approves: bool) -> None:
    here, month = installation(), BillingMonth.parse(request["billing_month"])
    if approves:
        rates_approval.approve_rates(here, month, approved_by=name, reason=reason, decision_hash=shown)
        return
    rates_approval.refuse_rates(here, month, refused_by=name, reason=reason, decision_hash=shown)
    raise Refusal(f"the rates of {month} were refused, see `partner-program acts {month}`; nothing took force")


@task(**words_of("write_discount_rates"), **SAFE_RETRIES)
@step
def write_discount_rates(request: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """Commit the month in one transaction; returns the month and how many partners were newly assigned and held.

    Who started the run goes on record with it, and stays out of XCom.
    """
    letters.check_letters(installation())  # days may have passed since the month was begun
    run = _run(request, started_by=started_by(get_current_context()))
    if asked["waits"]:
        run.draft_again()
    outcome = run.write_discount_rates()
    _log.info("revision %s: %s assigned, %s held", outcome.revision, outcome.assigned, outcome.held)
    if outcome.held and not request["history"]:
        own = outcome.own_effective_on
        _log.info("a later run releases them: effective_on %s gives them the month's own day, none that run's", own)
    if outcome.proposed:
        _log.warning("%s would come out differently: see `restatement show`", plural(outcome.proposed, "partner"))
    hand_on(RESULT, month_line(request["billing_month"], outcome, history=request["history"]))
    return {"billing_month": request["billing_month"], "assigned": outcome.assigned, "held": outcome.held}


@task(**words_of("announce_month"), **telling(MONTH_IN_FORCE), **SAFE_RETRIES)
@step
def announce_month(request: dict[str, Any]) -> None:
    """Tell others that the month is in force; skipped where nothing new is."""
    _tell_what_is_in_force(MONTH_IN_FORCE, BillingMonth.parse(request["billing_month"]))


def _tell_what_is_in_force(asset: Asset, month: BillingMonth) -> None:
    found = what_is_in_force(installation(), month)
    if found is None:
        raise AirflowSkipException(f"nothing of {month} is in force")
    tell_once(asset, month, {"revision": found.revision, "decision": found.decision_hash[:12]})


@task(**words_of("list_order_databases"), **SAFE_RETRIES)
@step
def list_order_databases(request: dict[str, Any]) -> list[str]:
    """The entities that have an order database to publish to."""
    _log.info("month %s: looking for order databases", request["billing_month"])
    return [entity.entity for entity in publication.entities_with_orders(installation())]


# The last try, after which letters are rendered, comes in five to six hours: Airflow makes each wait one to two times
# as long, at random.
@task(
    **words_of("publish_rates"),
    map_index_template="{{ entity }}",
    retries=8,
    retry_delay=timedelta(minutes=5),
    retry_exponential_backoff=2.0,
    max_retry_delay=timedelta(hours=1),
    execution_timeout=TIME_LIMIT,
    on_failure_callback=notify_failure,
)
@step
def publish_rates(entity: str) -> int:
    """Publish what is owed to one entity and read it back; returns how many rows were new there."""
    context: Any = get_current_context()
    context["entity"] = entity
    here = installation()
    return publication.publish_rates(here, registry.find_entity(here, entity), published_on=here.today())


@task(**words_of("announce_rates"), **telling(RATES_PUBLISHED), **SAFE_RETRIES)
@step
def announce_rates(request: dict[str, Any]) -> None:
    """Tell others that each order database has the month's rates; where there is none, this is skipped."""
    _tell_what_is_in_force(RATES_PUBLISHED, BillingMonth.parse(request["billing_month"]))


@task(**words_of("list_letter_batches"), trigger_rule="all_done", **SAFE_RETRIES)
@step
def list_letter_batches(written: dict[str, Any] | None) -> list[int]:
    """The numbers of the batches of partners that are owed a letter; a month that was not written owes none.

    This task runs after publishing, whatever its result: where no entity has an order database, that is skipped.
    """
    if written is None:
        raise AirflowSkipException("the month was not written: no letter is owed")
    return list(range(len(letters.letter_batches(installation(), BillingMonth.parse(written["billing_month"])))))


@task(**words_of("render_letters"), **SAFE_RETRIES)
@step
def render_letters(request: dict[str, Any], batch: int) -> int:
    """Render one batch of letters; returns how many."""
    here, month = installation(), BillingMonth.parse(request["billing_month"])
    return letters.render_letters(here, month, letters.letter_batches(here, month)[batch])


@task(**words_of("preview_letters"), trigger_rule="none_failed", **SAFE_RETRIES)
@step
def preview_letters() -> None:
    """Write the page that shows what the months decided for every partner."""
    months_page.make_months_page(installation())


@task(**words_of("ask_for_letters"), **SAFE_RETRIES)
@step
def ask_for_letters(request: dict[str, Any]) -> dict[str, str]:
    """Return the run of `tier_letters` to start for the letters that wait for an approval: one for the same letters.

    Where none wait, no run is started.
    """
    month = BillingMonth.parse(request["billing_month"])
    batch = letter_approval.waiting_batch(installation(), month)
    if not batch.deliveries:
        raise AirflowSkipException(f"no letter of {month} waits for an approval")
    return {
        "billing_month": str(month),
        "run_id": f"letters__{month}__{batch.batch_hash[:12]}",
        "note": waiting_line(month, batch.deliveries, batch.partners),
    }


class _StartsWithNote(TriggerDagRunOperator):
    template_fields = (*TriggerDagRunOperator.template_fields, "note")


# Not by an asset: for an event Airflow queues runs of DAGs that are not paused alone, and one that is paused, as
# `tier_letters` is at first, would lose the month. A run that is started waits until its DAG is unpaused. Its id makes
# it the one for the same letters, and it is told who started the month: that person may not approve them.
def _start_letters() -> TriggerDagRunOperator:
    """Start the letters' own run, once for the same letters; Airflow passes on who started this run."""
    asked = "ti.xcom_pull(task_ids='ask_for_letters')"
    return _StartsWithNote(
        task_id="start_letters",
        **words_of("start_letters"),
        note=f"{{{{ {asked}['note'] }}}}",
        trigger_dag_id="tier_letters",
        trigger_run_id=f"{{{{ {asked}['run_id'] }}}}",
        conf={"billing_month": f"{{{{ {asked}['billing_month'] }}}}"},
        skip_when_already_exists=True,
        **SAFE_RETRIES,
    )


def month_steps(*, migration: bool) -> None:
    """Wire a month's tasks inside a DAG: a rule needs each edge."""
    with _group("read", "Read", "What each legal entity billed, frozen and checked"):
        request = begin_month(migration=migration)
        entities = wait_for_closes(request)
        pulled = pull_mrr.partial(request=request).expand(entity=entities)
        checked = validate_mrr(request)
    with _group("decide", "Decide", "Drafts, until write_discount_rates puts the month in force"):
        merged = merge_totals(request)
        tiers = assign_tiers(request)
        settled = settle_grace_periods(request)
        asked_rates = ask_for_approval(request)
        approved = _approve_rates()
        written = write_discount_rates(request, asked_rates)
    with _group("tell", "Tell", "Order databases, letters, and whoever starts on the month's assets"):
        told = announce_month(request)
        databases = list_order_databases(request)
        published = publish_rates.expand(entity=databases)
        told_rates = announce_rates(request)
        batches = list_letter_batches(written)
        rendered = render_letters.partial(request=request).expand(batch=batches)
        previewed = preview_letters()
        asked = ask_for_letters(request)
        started = _start_letters()
    # Nothing takes force before the rates are written, and letters come after publishing.
    chain(
        pulled,
        checked,
        merged,
        tiers,
        settled,
        asked_rates,
        approved,
        written,
        databases,
        published,
        batches,
        rendered,
        [previewed, asked],
    )
    chain(asked, started)
    chain(written, told)
    chain(published, told_rates)
    # An entity that cannot be published to does not stop the letters (those of its own partners wait in the outbox),
    # but the run ends as failed, so that somebody looks.
    chain([written, published], previewed)


def _group(name: str, words: str, tooltip: str) -> TaskGroup:
    """A part of the drawing; tasks keep their ids, which others rely on."""
    return TaskGroup(name, prefix_group_id=False, group_display_name=words, tooltip=tooltip)


def _approve_rates() -> RatesApproval:
    return RatesApproval(
        task_id="approve_rates",
        **words_of("approve_rates"),
        subject="Rates of {{ ti.xcom_pull(task_ids='begin_month')['billing_month'] }}: put them in force?",
        params=_WHY,
        assigned_users=approvers(),
        retries=SAFE_RETRIES["retries"],
        retry_delay=SAFE_RETRIES["retry_delay"],
    )
