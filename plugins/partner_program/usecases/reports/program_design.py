"""Compares drafts of a programme over settled months, and writes a chosen one as a file; nothing takes force."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from partner_program.adapters.atomic_write import write_bytes_if_changed
from partner_program.adapters.files.program import load_program, read_program
from partner_program.adapters.files.program_draft import draft_text
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import BP, percent_text, round_half_away
from partner_program.domain.month_order import months_from_to
from partner_program.domain.plurals import plural
from partner_program.domain.program import Program
from partner_program.domain.program_change import ProgramChange
from partner_program.domain.program_design import ComparedDraft, Past, compare_drafts
from partner_program.domain.program_sweep import Draft, Sweep, swept, terms_of
from partner_program.domain.program_unit import Unit
from partner_program.domain.refusals import Refusal
from partner_program.domain.report import Report, ReportTable
from partner_program.usecases.installation import Installation
from partner_program.usecases.settled_past import read_past

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
    """The drafts beside one another.

    Refused where a month is not settled, or was counted in another unit than a draft, and where a file is unsound.

    `tell` is called with how many drafts are done, of how many.
    """
    months = design.months
    drafts, left_out = drafts_of(installation, design)
    with installation.database.reading() as connection:
        partners, rates = read_past(connection, installation, months, [each.program for each in drafts])
    unit = drafts[0].program.unit
    past = Past(partners.values(), months, design.held_out, rates, is_money=not unit.is_counted)
    compared = compare_drafts(past=past, drafts=_counted(drafts, tell), near_bp=NEAR_BP)
    return Report(
        name="simulate",
        title=f"{plural(len(compared), 'draft')} over {design.first} to {design.last}",
        month=design.last,
        said=_said(compared, past, design, left_out, unit),
        tables=(ReportTable(TABLE, _title(compared), ComparedDraft, compared),),
        unknown=_unknown(compared, past, drafts),
        unit=unit,
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
    """The drafts in the order of their numbers, and how many sweeps were left out."""
    drafts, left_out = [Draft(path.name, load_program(path)) for path in design.files], 0
    if design.sweeps:
        base, _ = _base(installation, design)
        made, left_out = swept(base, design.sweeps)
        drafts += made
    return drafts, left_out


def _base(installation: Installation, design: Design) -> tuple[Program, bytes]:
    """The programme that sweeps change, and the bytes of its file."""
    if design.files:
        return load_program(design.files[-1]), design.files[-1].read_bytes()
    newest = installation.programs[-1]
    return newest, (installation.program_folder / newest.file_name).read_bytes()


def _has_front(found: Sequence[ComparedDraft]) -> bool:
    return any(each.front for each in found)


def _title(found: Sequence[ComparedDraft]) -> str:
    return f"Drafts, {'those that no other beats first' if _has_front(found) else 'as they are numbered'}"


def _said(found: Sequence[ComparedDraft], past: Past, design: Design, left_out: int, unit: Unit) -> tuple[str, ...]:
    held_out, chosen = design.held_out, len(past.months) - design.held_out
    said = []
    if _has_front(found):
        front = sum(bool(each.front) for each in found)
        said.append(
            f"{plural(front, 'draft')} of {len(found):,} on the front: none costs less with as few losers and changes "
            "and as many winners."
        )
    else:
        said.append(f"{plural(len(found), 'draft')}, and no front: what each costs is not known.")
    if past.settled is not None:
        settled = unit.amount(round_half_away(past.settled, BP))
        said.append(
            f"As settled, monthly fee discounts were {settled} of the revenue counted in {plural(chosen, 'month')}. "
            "No forecast: only new orders get a discount, and nobody knows what other prices would have changed."
        )
    said.append(
        f"Near: within {percent_text(NEAR_BP)} of a threshold in {past.months[chosen - 1]}. Changes: of tier, for each "
        "partner and year."
    )
    if held_out:
        last = "month, which judges" if held_out == 1 else f"{held_out} months, which judge"
        said.append(f"Held out: the last {last} the draft that the others choose.")
    else:
        said.append("No month is held out: a draft that all months choose may fit these alone (--held-out).")
    if left_out:
        said.append(f"{plural(left_out, 'draft')} left out: a threshold would not be above the one before.")
    return tuple(said)


def _unknown(found: Sequence[ComparedDraft], past: Past, drafts: Sequence[Draft]) -> tuple[str, ...]:
    """Say what is not known where product families have discounts of their own, or no money is counted."""
    dear = [each for each in found if each.cost_cents is None]
    undecided = [each for each in found if each.undecided]
    if not (dear or undecided or past.settled is None):
        return ()
    unit = drafts[0].program.unit
    own = {each.product for draft in drafts for each in draft.program.product_discounts} | past.families
    named = sorted(each.replace("_", " ") for each in own)
    said = [
        f"amounts: {unit.name} have no price of which a discount could be told"
        if unit.is_counted
        else "revenue by product family: a settled month does not keep it, and "
        f"{' and '.join(named)} {'has a discount of its' if len(named) == 1 else 'have discounts of their'} own"
    ]
    if past.settled is None:
        said.append("what the settled discounts came to")
    if dear:
        said.append(f"what {plural(len(dear), 'draft costs', 'drafts cost')}, and so which drafts no other beats")
    if undecided:
        said.append(
            "who gains of the undecided: they would get more in some months or for some families, and less in others"
        )
    return tuple(said)
