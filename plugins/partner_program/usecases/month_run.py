"""A month's run, stage by stage; each stage can be repeated, and nothing takes force before the last write.

The stages are the tasks of the DAGs; `run_month` is the same run on the command line.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from partner_program.adapters import (
    brake_store,
    draft_store,
    rate_store,
    settlement_history,
    settlement_store,
    snapshot_store,
)
from partner_program.adapters.draft_store import Stage, as_json, json_hash, load_draft
from partner_program.adapters.registry_store import load_registry
from partner_program.domain.brake import brake_reasons
from partner_program.domain.findings import Finding
from partner_program.domain.program import Program
from partner_program.domain.rates import NO_PROGRAMME_RATE, Rate
from partner_program.domain.refusals import BrakeOn, IncompleteMonth, MissingMonth, Refusal, RestatementNeeded
from partner_program.domain.registry import AUTHORIZED, Entity
from partner_program.domain.restatement import differences, figures_of
from partner_program.domain.revenue import EntityRevenue
from partner_program.domain.settlement import (
    NO_HISTORY,
    Decision,
    GraceAssignment,
    TierAssignment,
    assign_tiers,
    check_effective_date,
    decide,
    record_history,
    rise_early,
    settle_grace_periods,
)
from partner_program.domain.totals import MonthTotals, PartnerTotal, merge_totals
from partner_program.usecases.closes import read_entity_month
from partner_program.usecases.installation import Installation
from partner_program.usecases.month_inputs import MonthInputs, MonthOrder, gather
from partner_program.usecases.quality import check_month, write_report

TOTALS = Stage("merge_totals", MonthTotals, PartnerTotal)
TIERS = Stage("assign_tiers", int, TierAssignment)
GRACE = Stage("settle_grace_periods", int, GraceAssignment)


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What a run did: partners newly assigned, partners held, whether anything was written."""

    revision: int
    effective_on: date
    assigned: int
    held: int
    changed: bool


class MonthRun:
    """The stages of one month's run, over the programme's database."""

    def __init__(self, installation: Installation, order: MonthOrder) -> None:
        """Take what was asked for; nothing is read yet."""
        self.installation = installation
        self.order = order
        self._database = installation.database

    def begin(self) -> list[Entity]:
        """Check that the month may be assessed now; return the entities that bill in it."""
        month, order = self.order.month, self.order
        if order.history and order.effective_on is not None:
            raise Refusal("a month that is history only has no effective date: drop one of the two")
        if month.last_day >= order.today:
            raise Refusal(f"month {month} has not ended: it ends on {month.last_day}")
        if not order.history:
            day = order.effective_on or order.today
            check_effective_date(month=month, effective_on=day)
            self.installation.program_on(day, order.program_file)
        with self._database.reading() as connection:
            _check_order(connection, order)
            entities = [entity for entity in load_registry(connection).entities if entity.bills_in(month)]
        if not entities:
            raise Refusal(f"no entity bills in {month}: load a registry with `partner-program load DIR`")
        return entities

    def pull_mrr(self, entity: Entity) -> EntityRevenue:
        """Freeze what one entity billed in the month; an entity's fault is frozen with it, never raised."""
        revenue = read_entity_month(self.installation, entity, self.order.month)
        self._replace(lambda connection: snapshot_store.save_snapshot(connection, self.order.month, revenue))
        return revenue

    def validate_mrr(self) -> list[Finding]:
        """Check the frozen data, write the quality report, keep the findings."""
        findings = check_month(self.installation, self.order.month)
        self._replace(lambda connection: snapshot_store.save_findings(connection, self.order.month, findings))
        return findings

    def merge_totals(self) -> MonthTotals:
        """Draft each partner's total."""
        with self._database.reading() as connection:
            inputs = gather(connection, self.installation, self.order)
            revenues = snapshot_store.load_revenues(connection, self.order.month)
        totals = merge_totals(
            month=self.order.month,
            entities=inputs.registry.entities,
            partners=inputs.registry.partners,
            links=inputs.registry.account_links,
            rates=inputs.rates,
            revenues=revenues,
            entity_faults=inputs.entity_faults,
        )
        self._draft(TOTALS, inputs, replace(totals, partners=()), totals.partners)
        write_report(self.installation, self.order.month, None, totals)
        return totals

    def assign_tiers(self) -> tuple[TierAssignment, ...]:
        """Draft the tier that each total earned."""
        with self._database.reading() as connection:
            inputs = gather(connection, self.installation, self.order)
            _, totals = load_draft(connection, TOTALS, self.order.month, inputs_hash=inputs.inputs_hash)
        assigned = tuple(
            each
            for program, _, part in _by_program(inputs, totals)
            for each in assign_tiers(program=program, totals=part)
        )
        self._draft(TIERS, inputs, len(assigned), assigned)
        return assigned

    def settle_grace_periods(self) -> tuple[GraceAssignment, ...]:
        """Draft the tier in force after grace periods; a month that is history only settles none."""
        with self._database.reading() as connection:
            inputs = gather(connection, self.installation, self.order)
            _, tiers = load_draft(connection, TIERS, self.order.month, inputs_hash=inputs.inputs_hash)
        settled = tuple(
            each
            for _, day, part in _by_program(inputs, tiers)
            for each in settle_grace_periods(
                month=self.order.month, effective_on=day, assignments=part, histories=inputs.histories
            )
        )
        self._draft(GRACE, inputs, len(settled), settled)
        return settled

    def write_discount_rates(self) -> RunOutcome:
        """Commit the month in one transaction: assessments, rates and the letters owed; equal inputs change nothing.

        Raises `BrakeOn` before anything takes force, `RestatementNeeded` after held partners were released where
        partners that are in force would come out differently.
        """
        with self._database.reading() as connection:
            commit = self._prepare(connection)
        if commit.has_news:
            with self._database.writing() as connection:
                commit = self._prepare(connection)
                if not commit.braked and commit.has_news:
                    self._apply(connection, commit)
                elif commit.braked:
                    brake_store.record_stop(connection, self.order.month, commit.decision_hash, commit.braked)
        if commit.braked:
            raise BrakeOn(
                f"brake on for {self.order.month}: {'; '.join(commit.braked)}. Nothing took force. "
                f"After looking at it: partner-program brake release {self.order.month} --reason TEXT, "
                "then run the month again"
            )
        if commit.differences:
            raise RestatementNeeded(_restatement_text(self.order, commit.differences))
        return commit.outcome()

    def _prepare(self, connection: Connection) -> "_Commit":
        """Decide everything from the drafts and what is in force, in the caller's transaction."""
        order = self.order
        _check_order(connection, order)
        inputs = gather(connection, self.installation, order)
        totals, partner_totals = load_draft(connection, TOTALS, order.month, inputs_hash=inputs.inputs_hash)
        _, graces = load_draft(connection, GRACE, order.month, inputs_hash=inputs.inputs_hash)
        late = settlement_history.released_late(connection, order.month)
        decisions = [
            _without_rate(each, inputs) if each.partner_id in late else each
            for each in self._decisions(inputs, partner_totals, {each.partner_id: each for each in graces})
        ]
        new = [each for each in decisions if each.partner_id not in inputs.assigned]
        commit = _Commit(
            inputs=inputs,
            totals=_not_held_again(totals, inputs),
            new=new,
            differences=_differences(decisions, inputs),
            closing=self._closing(connection, inputs),
            rises=self._rises(inputs, totals),
            decision_hash=json_hash(as_json(tuple[Decision, ...], tuple(new))),
        )
        self._check_complete(commit)
        commit.braked = self._brake(connection, commit)
        commit.has_news = bool(new or commit.rises) or not settlement_history.same_totals(
            connection, inputs.settlements, commit.totals
        )
        return commit

    def _decisions(
        self, inputs: MonthInputs, totals: Sequence[PartnerTotal], graces: dict[str, GraceAssignment]
    ) -> list[Decision]:
        if self.order.history:
            return [
                record_history(
                    total=total,
                    earned_tier=graces[total.partner_id].earned_tier if total.partner_id in graces else None,
                )
                for total in totals
            ]
        return [
            decide(
                program=inputs.programs[inputs.effective[total.partner_id]],
                total=total,
                grace=graces[total.partner_id],
                history=inputs.histories.get(total.partner_id, NO_HISTORY),
                agreements=inputs.agreements.get(total.partner_id, ()),
                migration=self.order.migration,
            )
            for total in totals
        ]

    def _check_complete(self, commit: "_Commit") -> None:
        program = commit.program
        if program is not None and program.readings.incomplete == "stop" and commit.totals.held:
            held = "; ".join(f"{each.partner_id}: {each.reason}" for each in commit.totals.held[:20])
            raise IncompleteMonth(
                f"month {self.order.month} is incomplete and the programme says `incomplete: stop`: "
                f"{len(commit.totals.held)} partners cannot be decided: {held}"
            )

    def _closing(self, connection: Connection, inputs: MonthInputs) -> list[tuple[str, Rate]]:
        """A rate of 0 % for partners that have one and are no longer authorised, with the month's first settlement."""
        if self.order.history or inputs.settlements:
            return []
        authorized = {partner.partner_id for partner in inputs.registry.partners if partner.status == AUTHORIZED}
        day = inputs.run_effective_on
        return [
            (partner_id, Rate(day, NO_PROGRAMME_RATE))
            for partner_id, rate in sorted(rate_store.rates_on(connection, day).items())
            if partner_id not in authorized and rate.terms != NO_PROGRAMME_RATE
        ]

    def _rises(self, inputs: MonthInputs, totals: MonthTotals) -> list[tuple[str, Rate]]:
        """Rates of held partners whose known part alone reaches a higher tier; only where the programme says so."""
        program = inputs.programs.get(inputs.run_effective_on)
        if self.order.history or program is None or not program.readings.rise_on_partial:
            return []
        risen = {
            partner_id: rise_early(
                program=program,
                known_cents=cents,
                rate=inputs.histories.get(partner_id, NO_HISTORY).rate,
                agreements=inputs.agreements.get(partner_id, ()),
                effective_on=inputs.run_effective_on,
            )
            for partner_id, cents in totals.known_parts.items()
            if partner_id not in inputs.assigned
        }
        return [(partner_id, rate) for partner_id, rate in risen.items() if rate is not None]

    def _brake(self, connection: Connection, commit: "_Commit") -> list[str]:
        program = commit.program
        if self.order.history or not commit.new or program is None:
            return []
        seen = settlement_history.entities_totalled(connection, commit.inputs.settlements)
        reasons = brake_reasons(
            brake=program.brake,
            moves=[(each.previous_tier, each.tier or 0) for each in commit.new],
            entity_totals={key: cents for key, cents in commit.totals.entity_totals.items() if key not in seen},
            last_entity_totals=settlement_history.last_entity_totals(connection, self.order.month),
        )
        released = brake_store.is_released(connection, self.order.month, commit.decision_hash)
        return [] if released else reasons

    def _apply(self, connection: Connection, commit: "_Commit") -> None:
        inputs, order = commit.inputs, self.order
        head = settlement_store.SettlementHead(
            billing_month=order.month,
            revision=inputs.revision,
            status=order.status,
            migration=order.migration,
            effective_on=None if order.history else inputs.run_effective_on,
            program_file=commit.program.file_name if commit.program else None,
            program_hash=commit.program.file_hash if commit.program else None,
            inputs_hash=inputs.inputs_hash,
            decision_hash=commit.decision_hash,
        )
        settlement_id = settlement_store.write_settlement(
            connection,
            head,
            totals=commit.totals,
            decisions=commit.new,
            snapshots=snapshot_store.latest_snapshot_ids(connection, order.month),
        )
        rates = [(each.partner_id, each.rate) for each in commit.new if each.rate is not None and each.rate_is_new]
        rate_store.write_rates(connection, rates, origin="settlement", settlement_id=settlement_id)
        rate_store.write_rates(connection, commit.rises, origin="rise", settlement_id=settlement_id)
        rate_store.write_rates(connection, commit.closing, origin="closing", settlement_id=settlement_id)
        settlement_store.plan_letters(connection, head, settlement_id, commit.new)

    def _draft(self, stage: Stage[Any, Any], inputs: MonthInputs, header: Any, items: Sequence[Any]) -> None:
        self._replace(
            lambda connection: draft_store.save_draft(
                connection, stage, self.order.month, inputs_hash=inputs.inputs_hash, header=header, items=items
            )
        )

    def _replace(self, save: Callable[[Connection], bool]) -> None:
        """Write what differs; each `save` leaves the database as it is where nothing does."""
        with self._database.writing() as connection:
            save(connection)


@dataclass(slots=True)
class _Commit:
    """Everything that the last stage is about to write."""

    inputs: MonthInputs
    totals: MonthTotals
    new: list[Decision]
    differences: list[str]
    closing: list[tuple[str, Rate]]
    rises: list[tuple[str, Rate]]
    decision_hash: str
    braked: list[str] = field(default_factory=list)
    has_news: bool = False

    @property
    def program(self) -> Program | None:
        return self.inputs.programs.get(self.inputs.run_effective_on)

    def outcome(self) -> RunOutcome:
        return RunOutcome(
            revision=self.inputs.revision,
            effective_on=self.inputs.run_effective_on,
            assigned=len(self.new),
            held=len(self.totals.held),
            changed=self.has_news,
        )


def _check_order(connection: Connection, order: MonthOrder) -> None:
    """Months are assessed in order: a gap is refused by the name of the missing month (rule 8)."""
    assessed = settlement_history.assessed_months(connection)
    month = order.month
    if assessed.get(month) == settlement_history.IN_FORCE:
        if order.history:
            raise Refusal(f"month {month} is in force: it cannot be made history")
        return
    earlier = [each for each in assessed if each < month]
    if earlier and max(earlier) != month.preceding:
        raise MissingMonth(f"month {max(earlier).following} has to be assessed before {month}")
    if order.history:
        return
    later = [each for each, status in assessed.items() if each > month and status == settlement_history.IN_FORCE]
    if later:
        raise Refusal(f"month {min(later)} is in force already: an earlier month can only be history (--history)")
    last_day = settlement_history.last_effective_on(connection, month)
    day = order.effective_on or order.today
    if last_day is not None and day < last_day:
        raise Refusal(
            f"effective date {day}: the month before took force on {last_day}; choose that day or a later one"
        )


def _by_program(inputs: MonthInputs, items: Sequence[Any]) -> list[tuple[Program, date, list[Any]]]:
    """Items of partners grouped by effective date, with the programme of that day; none where there is no table."""
    days = sorted({inputs.effective[item.partner_id] for item in items})
    return [
        (inputs.programs[day], day, [item for item in items if inputs.effective[item.partner_id] == day])
        for day in days
        if day in inputs.programs
    ]


def _without_rate(decision: Decision, inputs: MonthInputs) -> Decision:
    """A month released after a later one was decided: the figures are kept, the later month's rate stays."""
    rate = inputs.histories.get(decision.partner_id, NO_HISTORY).rate
    return replace(decision, rate=rate, rate_is_new=False, letter=None)


def _not_held_again(totals: MonthTotals, inputs: MonthInputs) -> MonthTotals:
    """What is in force stays in force: a partner assigned before is not held when an entity fails later."""
    return replace(totals, held=tuple(each for each in totals.held if each.partner_id not in inputs.assigned))


def _differences(decisions: Sequence[Decision], inputs: MonthInputs) -> list[str]:
    found = []
    for decision in decisions:
        own = inputs.assigned.get(decision.partner_id)
        if own is None:
            continue
        changed = differences(in_force=own.figures, now=figures_of(decision))
        if changed:
            found.append(f"{decision.partner_id}: {'; '.join(changed)}")
    decided = {decision.partner_id for decision in decisions}
    gone = [
        partner_id for partner_id in inputs.assigned if partner_id not in decided and partner_id not in inputs.effective
    ]
    return found + [f"{partner_id}: no longer authorised" for partner_id in sorted(gone)]


def _restatement_text(order: MonthOrder, differences: Sequence[str]) -> str:
    shown = "\n  ".join(differences[:50])
    more = f"\n  and {len(differences) - 50} more" if len(differences) > 50 else ""
    return (
        f"month {order.month} is in force with other figures; what is in force stays, nothing was overwritten. "
        f"{len(differences)} partners would come out differently:\n  {shown}{more}"
    )


def run_month(
    installation: Installation, order: MonthOrder, *, progress: Callable[[str], None] = lambda _step: None
) -> RunOutcome:
    """Run all stages of a month, up to the commit."""
    run = MonthRun(installation, order)
    entities = run.begin()
    for entity in entities:
        progress(f"pull_mrr {entity.entity}")
        run.pull_mrr(entity)
    for stage in (run.validate_mrr, run.merge_totals, run.assign_tiers, run.settle_grace_periods):
        progress(stage.__name__)
        stage()
    progress("write_discount_rates")
    return run.write_discount_rates()
