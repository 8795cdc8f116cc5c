"""Compares drafts of a programme over settled months, and writes a chosen one as a file; nothing takes force."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from partner_program.adapters.atomic_write import write_bytes_if_changed
from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.database import results as settled_results
from partner_program.adapters.files.program import load_program, read_program
from partner_program.adapters.files.program_draft import draft_text
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import euros_text, percent_text
from partner_program.domain.month_order import check_all_assessed, months_from_to
from partner_program.domain.plurals import plural
from partner_program.domain.program import Program
from partner_program.domain.program_change import ProgramChange
from partner_program.domain.program_design import ComparedDraft, PartnerPast, Past, compare_drafts
from partner_program.domain.program_sweep import Draft, Sweep, swept, terms_of
from partner_program.domain.qualifications import by_partner
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import agreements_by_partner
from partner_program.domain.report import Report, ReportTable
from partner_program.usecases.installation import Installation
from partner_program.usecases.reports.families_unknown import check_no_families
from partner_program.usecases.reports.other_rates import for_the_guard

NEAR_BP = 200
TABLE = "drafts"


@dataclass(frozen=True, slots=True)
class Design:
    """What is compared over which months: programme files, and the drafts that sweeps make of the last of them.

    Without a file it is the newest programme's. The last `held_out` months choose no draft.
    """

    files: Sequence[Path]
    sweeps: Sequence[Sweep]
    first: BillingMonth
    last: BillingMonth
    held_out: int = 0

    @property
    def months(self) -> tuple[BillingMonth, ...]:
        """The months, in order; refused where all of them are held out, or none is there."""
        months = months_from_to(first=self.first, last=self.last)
        if not 0 <= self.held_out < len(months):
            raise Refusal(f"{self.held_out} months held out of {len(months)}: expected fewer than all of them")
        return tuple(months)


def compare(
    installation: Installation, design: Design, tell: Callable[[int, int], None] = lambda _done, _of: None
) -> Report:
    """The drafts beside one another; refused where a month is not settled, or a file is unsound.

    `tell` is called with how many drafts are done, of how many.
    """
    months = design.months
    drafts, left_out = drafts_of(installation, design)
    with installation.database.reading() as connection:
        check_all_assessed(months=months, assessed=settlement_history.assessed_months(connection))
        results = settled_results.load_results(connection)
        guarded = [each.program for each in drafts if each.program.fx_guard == "hold_tier"]
        rates: dict[BillingMonth, dict[str, Decimal]] = {}
        if guarded:
            found = for_the_guard(connection, results, months, limit_bp=guarded[0].rate_move_limit_bp)
            results, rates = found.results, found.rates
        grants = settled_results.load_grants(connection)
        registry = registry_store.load_registry(connection, contacts=False)
        agreements = agreements_by_partner(registry.legacy_agreements)
        qualifications = by_partner(registry.qualifications)
    partners = (
        PartnerPast(
            tuple(own),
            tuple(grants.get(partner_id, ())),
            tuple(agreements.get(partner_id, ())),
            tuple(qualifications.get(partner_id, ())),
        )
        for partner_id, own in sorted(results.items())
    )
    past = Past(partners, months, design.held_out, rates)
    compared = compare_drafts(past=past, drafts=_counted(drafts, tell), near_bp=NEAR_BP)
    return Report(
        name="simulate",
        title=f"{plural(len(compared), 'draft')} over {design.first} to {design.last}",
        month=design.last,
        said=_said(compared, months, design.held_out, left_out),
        tables=(ReportTable(TABLE, "Drafts, those that no other beats first", ComparedDraft, compared),),
    )


def save_draft(installation: Installation, design: Design, number: int, *, day: date, path: Path) -> Path:
    """Write a draft as a dated programme file in `path`; returns the file. Refused where one is there already.

    The file says that it is a draft; the strict reader has judged it.
    """
    drafts, _ = drafts_of(installation, design)
    base, content = _base(installation, design)
    change = change_of(drafts, number, day)
    file = path / f"{day}.yaml"
    written = draft_text(content, base, change).encode()
    read_program(file.name, written)
    if file.exists() and file.read_bytes() != written:
        raise Refusal(f"{file} is there already, with another programme: choose another folder or day")
    write_bytes_if_changed(file, written)
    return file


def change_of(drafts: Sequence[Draft], number: int, day: date) -> ProgramChange:
    """A draft by its number, as a change of the programme from a day on."""
    if not 1 <= number <= len(drafts):
        raise Refusal(f"there is no draft {number}: they are 1 to {len(drafts)}")
    program = drafts[number - 1].program
    return ProgramChange(day, program.promotion_cap_bp, tuple(terms_of(row) for row in program.tiers))


def _counted(drafts: Sequence[Draft], tell: Callable[[int, int], None]) -> Iterator[Draft]:
    for number, draft in enumerate(drafts):
        tell(number, len(drafts))
        yield draft


def drafts_of(installation: Installation, design: Design) -> tuple[list[Draft], int]:
    """The drafts in the order of their numbers, and how many sweeps were left out.

    Refused where a draft, or a programme so far, has discounts by product family: their revenue is not known apart.
    """
    drafts, left_out = [Draft(path.name, load_program(path)) for path in design.files], 0
    if design.sweeps:
        base, _ = _base(installation, design)
        made, left_out = swept(base, design.sweeps)
        drafts += made
    check_no_families(installation, "simulate", [each.program for each in drafts])
    return drafts, left_out


def _base(installation: Installation, design: Design) -> tuple[Program, bytes]:
    """The programme that sweeps change, and the bytes of its file."""
    if design.files:
        return load_program(design.files[-1]), design.files[-1].read_bytes()
    newest = installation.programs[-1]
    return newest, (installation.program_folder / newest.file_name).read_bytes()


def _said(
    found: Sequence[ComparedDraft], months: Sequence[BillingMonth], held_out: int, left_out: int
) -> tuple[str, ...]:
    front = [each for each in found if each.front]
    settled = found[0].cost_cents - found[0].difference_cents
    chosen = len(months) - held_out
    said = [
        f"{plural(len(front), 'draft')} of {len(found):,} on the front: none costs less with as few losers and changes "
        "and as many winners.",
        f"As settled, monthly fee discounts were {euros_text(settled)} EUR of the revenue counted in "
        f"{plural(chosen, 'month')}. No forecast: only new orders get a discount, and nobody knows what other prices "
        "would have changed.",
        f"Near: within {percent_text(NEAR_BP)} of a threshold in {months[chosen - 1]}. Changes: of tier, for each "
        "partner and year.",
    ]
    if held_out:
        last = "month, which judges" if held_out == 1 else f"{held_out} months, which judge"
        said.append(f"Held out: the last {last} the draft that the others choose.")
    else:
        said.append("No month is held out: a draft that all months choose may fit these alone (--held-out).")
    if left_out:
        said.append(f"{plural(left_out, 'draft')} left out: a threshold would not be above the one before.")
    return tuple(said)
