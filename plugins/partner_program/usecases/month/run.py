"""A month's run, stage by stage; each stage can be repeated, and nothing takes force before the last write.

The stages are the tasks of the DAGs; `run_month` is the same run on the command line.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from partner_program.adapters.database import drafts as draft_store
from partner_program.adapters.database import snapshots as snapshot_store
from partner_program.adapters.database.drafts import Stage, load_draft
from partner_program.adapters.database.registry import load_entities
from partner_program.adapters.database.settlements import settled_with
from partner_program.domain.findings import Finding
from partner_program.domain.month_order import check_request
from partner_program.domain.program import RATE_MOVE_LIMIT_BP
from partner_program.domain.programs_here import check_programs_here
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import EntityRevenue
from partner_program.domain.settlement import GraceAssignment, TierAssignment
from partner_program.domain.totals import MonthTotals
from partner_program.usecases.installation import Installation
from partner_program.usecases.month.closes import read_entity_months
from partner_program.usecases.month.commit import (
    Commit,
    NothingNew,
    RunOutcome,
    ask_for_approval,
    check_may_follow,
    commit_month,
)
from partner_program.usecases.month.inputs import MonthInputs, MonthRequest, gather
from partner_program.usecases.month.lease import MonthLease, when_free
from partner_program.usecases.month.quality import (
    check_month,
    check_month_apart,
    has_many_accounts,
    prepare_checks,
    write_report,
)
from partner_program.usecases.month.stages import GRACE, TIERS, TOTALS, graced, merged, tiered
from partner_program.usecases.month.unchanged import KnownMonth
from partner_program.usecases.publication import check_product_columns

_Header = TypeVar("_Header")
_Item = TypeVar("_Item")


class MonthRun:
    """The stages of one month's run, over the programme's database; without a `lease`, this process takes the month."""

    def __init__(self, installation: Installation, request: MonthRequest, lease: MonthLease | None = None) -> None:
        self.installation = installation
        self.request = request
        self._database = installation.database
        self._lease = lease or MonthLease(installation, request.month)

    def begin(self) -> list[Entity]:
        """Check that the month may be assessed now; return the entities that bill in it."""
        month, request = self.request.month, self.request
        check_request(month=month, history=request.history, effective_on=request.effective_on, today=request.today)
        if not request.history:
            program = self.installation.program_on(request.effective_on or request.today, request.program_file)
            if program.product_discounts:
                check_product_columns(self.installation)
        with self._database.reading() as connection:
            self._lease.seen(connection)
            check_may_follow(connection, request)
            check_programs_here(settled_with(connection), self.installation.programs_with(request.program_file))
            self.installation.check_own_folder()
            entities = [entity for entity in load_entities(connection) if entity.bills_in(month)]
        if not entities:
            raise Refusal(f"no entity bills in {month}: load a registry with `partner-program load DIR`")
        return entities

    def lease_seen(self) -> int:
        """The month's token when this run began; it grows each time another run takes the month."""
        with self._database.reading() as connection:
            return self._lease.seen(connection)

    def pull_mrr(self, entity: Entity) -> EntityRevenue:
        """Freeze what one entity billed in the month; a fault of the entity is frozen with it and never raised."""
        (revenue,) = self.pull_all([entity])
        return revenue

    def pull_all(self, entities: Sequence[Entity]) -> Iterator[EntityRevenue]:
        """Freeze what each entity billed: all are read at the same time, and frozen in their order."""
        month = self.request.month
        steps = [f"pull_mrr {entity.entity}" for entity in entities]
        with self._database.reading() as connection:
            seen = [self._lease.step_seen(connection, step) for step in steps]
        revenues = read_entity_months(self.installation, entities, month)
        for step, token, revenue in zip(steps, seen, revenues, strict=True):
            self._replace(step, token, partial(snapshot_store.save_snapshot, month=month, revenue=revenue))
            yield revenue

    def validate_mrr(self, *, apart: bool = False) -> list[Finding]:
        """Check the frozen data, write the report, keep the findings; `apart` checks in a process of its own."""
        with self._database.reading() as connection:
            seen = self._lease.step_seen(connection, "validate_mrr")
        check = check_month_apart if apart else check_month
        findings = check(self.installation, self.request.month, limit_bp=self._rate_move_limit())
        self._replace(
            "validate_mrr",
            seen,
            lambda connection: snapshot_store.save_findings(connection, self.request.month, findings),
        )
        return findings

    def gather(self) -> MonthInputs:
        """Read the month's inputs; the commit reads them again and refuses drafts that were made from others."""
        with self._database.reading() as connection:
            return gather(connection, self.installation, self.request)

    def merge_totals(self, inputs: MonthInputs | None = None) -> MonthTotals:
        """Draft each partner's total; this and the next stages read the `inputs` themselves where none are given."""
        with self._database.reading() as connection:
            seen = self._lease.step_seen(connection, TOTALS.name)
            inputs = inputs or gather(connection, self.installation, self.request)
            totals = merged(connection, inputs)
        self._draft(seen, TOTALS, inputs.inputs_hash, replace(totals, partners=()), totals.partners)
        write_report(self.installation, self.request.month, totals)
        return totals

    def assign_tiers(self, inputs: MonthInputs | None = None) -> tuple[TierAssignment, ...]:
        """Draft the tier that each total earned."""
        with self._database.reading() as connection:
            seen = self._lease.step_seen(connection, TIERS.name)
            inputs = inputs or gather(connection, self.installation, self.request)
            _, totals = load_draft(connection, TOTALS, self.request.month, inputs_hash=inputs.inputs_hash)
        assigned = tiered(inputs, totals)
        self._draft(seen, TIERS, inputs.inputs_hash, len(assigned), assigned)
        return assigned

    def settle_grace_periods(self, inputs: MonthInputs | None = None) -> tuple[GraceAssignment, ...]:
        """Draft the tier in force after grace periods; a month that is history only settles none."""
        with self._database.reading() as connection:
            seen = self._lease.step_seen(connection, GRACE.name)
            inputs = inputs or gather(connection, self.installation, self.request)
            _, tiers = load_draft(connection, TIERS, self.request.month, inputs_hash=inputs.inputs_hash)
        settled = graced(inputs, tiers)
        inputs_hash = inputs.hash_with_histories(each.partner_id for each in tiers)
        self._draft(seen, GRACE, inputs_hash, len(settled), settled)
        return settled

    @property
    def may_wait(self) -> bool:
        """Whether rates may wait for a person: some programme has them approved."""
        programs = self.installation.programs_with(self.request.program_file)
        return not self.request.history and any(each.approval == "rates" for each in programs)

    def draft_again(self) -> None:
        """Draft all stages again from what is frozen: after a wait for a person, the run may be on another day."""
        inputs = self.gather()
        self.merge_totals(inputs)
        self.assign_tiers(inputs)
        self.settle_grace_periods(inputs)

    def ask_for_approval(self) -> Commit:
        """Ask a person to approve what the month is about to put in force, where the programme says so."""
        return ask_for_approval(self.installation, self.request, self._lease)

    def write_discount_rates(self, nothing_new: NothingNew | None = None) -> RunOutcome:
        """Commit the month in one transaction: assessments, rates and the letters owed; equal inputs change nothing.

        Raises `BrakeOn` before anything takes force. Partners in force that would come out differently are proposed
        as a restatement and stay as they are.
        """
        return commit_month(self.installation, self.request, self._lease, nothing_new)

    def _rate_move_limit(self) -> int:
        """The limit of the programme that a first run uses now; the decision itself reads the one of its own day."""
        request = self.request
        if request.history:
            program = self.installation.history_program(request.month)
            return RATE_MOVE_LIMIT_BP if program is None else program.rate_move_limit_bp
        return self.installation.program_on(
            request.effective_on or request.today, request.program_file
        ).rate_move_limit_bp

    def _draft(
        self, seen: int, stage: Stage[_Header, _Item], inputs_hash: str, header: _Header, items: Sequence[_Item]
    ) -> None:
        self._replace(
            stage.name,
            seen,
            lambda connection: draft_store.save_draft(
                connection, stage, self.request.month, inputs_hash=inputs_hash, header=header, items=items
            ),
        )

    def _replace(self, step: str, seen: int, save: Callable[[Connection], bool]) -> None:
        """Save a stage's result, taking the month if anything changed; without a change nothing is written."""

        def replacing() -> None:
            with self._database.writing() as connection:
                if save(connection):
                    self._lease.hold_step(connection, step, seen)

        when_free(replacing)


def run_month(
    installation: Installation, request: MonthRequest, *, progress: Callable[[str], None] = lambda _step: None
) -> RunOutcome:
    """Run all stages of a month, up to the commit; of one about which nothing is new, its pulls alone."""
    run = MonthRun(installation, request)
    entities = run.begin()
    apart = has_many_accounts(installation)
    if not apart:
        prepare_checks(installation, request.month)
    _pull(run, entities, progress)
    known = KnownMonth(installation, request)
    said = known.outcome()
    if said is not None:
        return said
    progress("validate_mrr")
    run.validate_mrr(apart=apart)
    inputs = run.gather()
    for stage in (run.merge_totals, run.assign_tiers, run.settle_grace_periods):
        progress(stage.__name__)
        stage(inputs)
    del inputs  # the commit reads its own
    progress("write_discount_rates")
    return run.write_discount_rates(known.remember)


def _pull(run: MonthRun, entities: Sequence[Entity], progress: Callable[[str], None]) -> None:
    """Freeze what each entity billed, and keep nothing of it here: the next stages read it from the database."""
    for entity in entities:
        progress(f"pull_mrr {entity.entity}")
    for revenue in run.pull_all(entities):
        if revenue.fault:
            progress(f"pull_mrr {revenue.entity}: {revenue.fault}: its partners are held")
