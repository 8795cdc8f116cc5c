"""The brake: a run that would change too much stops before anything takes force (rule 7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from partner_program.domain.families import any_below
from partner_program.domain.money import BP, percent_text
from partner_program.domain.program import SLA_LEVELS, Brake, sla_rank
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.rates import RateTerms


@dataclass(frozen=True, slots=True)
class Move:
    """What a run changes for one partner: its tier, and the terms of the rate in force; None where it had none.

    `sla_levels` are those of the programme that the month is settled with.
    """

    previous_tier: int | None
    tier: int
    previous_terms: RateTerms | None = None
    terms: RateTerms | None = None
    sla_levels: tuple[str, ...] = SLA_LEVELS

    @property
    def lowers(self) -> bool:
        """Whether the tier, a discount or the SLA falls: an old agreement that ends lowers terms and no tier."""
        if self.previous_tier is not None and self.tier < self.previous_tier:
            return True
        return self._is_below(self.terms, self.previous_terms)

    @property
    def lifts(self) -> bool:
        """Whether nothing falls, and the tier, a discount or the SLA rises above what there was before."""
        if self.lowers or self.previous_terms is None:
            return False
        return (self.previous_tier or 0) < self.tier or self._is_below(self.previous_terms, self.terms)

    def _is_below(self, one: RateTerms | None, other: RateTerms | None) -> bool:
        """Whether any component of some terms is below that of others; nothing is below no terms."""
        return (
            one is not None
            and other is not None
            and (
                one.tier < other.tier
                or one.monthly_fee_discount_bp < other.monthly_fee_discount_bp
                or one.setup_fee_discount_bp < other.setup_fee_discount_bp
                or any_below(
                    (one.monthly_fee_discount_bp, one.families), (other.monthly_fee_discount_bp, other.families)
                )
                or sla_rank(one.sla, self.sla_levels) < sla_rank(other.sla, self.sla_levels)
            )
        )


def brake_reasons(
    *,
    brake: Brake,
    moves: Sequence[Move],
    entity_totals: Mapping[str, int],
    last_entity_totals: Mapping[str, int],
    unit: Unit = EURO,
) -> list[str]:
    """Return the reasons why a month has to wait for a person's decision; empty where it may go on.

    `moves` are those of the partners that the run assesses, one each; totals are by entity, in the programme's `unit`,
    of this month and of each entity's last assessed month.
    """
    reasons = []
    lowered = sum(1 for move in moves if move.lowers)
    if lowered >= brake.lowered_at_least and lowered * BP > brake.lowered_share_bp * len(moves):
        share = percent_text(brake.lowered_share_bp)
        reasons.append(
            f"{lowered} of {len(moves)} assessed partners would be lowered in tier, a discount or SLA, "
            f"more than {share}"
        )
    for entity, total in sorted(entity_totals.items()):
        last = last_entity_totals.get(entity)
        if last is not None and _moves_too_far(brake, total, last):
            share = percent_text(brake.entity_total_move_bp)
            reasons.append(
                f"the total of entity {entity} moves from {unit.text(last)} to {unit.amount(total)}, more than {share}"
            )
    return reasons


def _moves_too_far(brake: Brake, total: int, last: int) -> bool:
    """Whether a total moves by more than its share, and by enough euros: a small entity moves by 30 % in any month."""
    moved = abs(total - last)
    return moved >= brake.entity_total_move_at_least_cents and moved * BP > brake.entity_total_move_bp * abs(last)
