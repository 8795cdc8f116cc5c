"""Near a threshold: how far each partner's month is from another tier, both ways (`near`)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from partner_program.domain.columns import Column
from partner_program.domain.money import BP
from partner_program.domain.partner_list import gap_to_next
from partner_program.domain.program import Program


@dataclass(frozen=True, slots=True)
class CountedPartner:
    """What a month counted for a partner, in minor units, and the tier that this earned with its window's months."""

    partner_id: str
    company_name: str
    account_manager_id: str
    mrr_eur_cents: int
    earned_tier: int
    window: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class NearPartner:
    """A partner near a threshold; minor units. `to_next_cents` is missing to the next tier, None in the highest.

    `above_own_cents` is what it has above the threshold of the row that its total reaches, None where it cannot fall.
    """

    partner_id: Annotated[str, Column("partner")]
    company_name: Annotated[str, Column("company")]
    account_manager_id: Annotated[str, Column("manager")]
    mrr_eur_cents: Annotated[int, Column("MRR EUR", "euros")]
    earned_tier: Annotated[int, Column("earned", "tier")]
    to_next_cents: Annotated[int | None, Column("to the next tier", "euros")]
    above_own_cents: Annotated[int | None, Column("above its own", "euros")]


def is_near(program: Program, mrr_eur_cents: int, within_bp: int) -> bool:
    """Whether the threshold below a total, or the one above it, lies within a share of itself."""
    return any(abs(mrr_eur_cents - threshold) * BP <= threshold * within_bp for threshold in program.thresholds)


def near_partners(*, program: Program, counted: Iterable[CountedPartner], within_bp: int) -> Sequence[NearPartner]:
    """The partners of which a threshold lies within a share of it, the nearest first.

    Where several months count together, the amounts beside a threshold are theirs. Exactly on a threshold is 0.00 above
    it; a cent below it is 0.01 to the next tier.
    """
    found = []
    for each in counted:
        amount = program.amount_of(each.mrr_eur_cents, each.window)
        to_next = gap_to_next(program, each.earned_tier, amount)
        own = program.threshold_of(program.earned_tier(amount))
        above = None if own is None else amount - own
        if is_near(program, amount, within_bp):
            near = NearPartner(
                partner_id=each.partner_id,
                company_name=each.company_name,
                account_manager_id=each.account_manager_id,
                mrr_eur_cents=each.mrr_eur_cents,
                earned_tier=each.earned_tier,
                to_next_cents=to_next,
                above_own_cents=above,
            )
            found.append((min(value for value in (to_next, above) if value is not None), near))
    return [row for _, row in sorted(found, key=lambda pair: (pair[0], pair[1].partner_id))]
