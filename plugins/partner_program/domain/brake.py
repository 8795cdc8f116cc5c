"""The brake: a run that would change too much stops before anything takes force (rule 7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from partner_program.domain.money import BP, euros_text, percent_text
from partner_program.domain.program import Brake, sla_rank
from partner_program.domain.rates import RateTerms


@dataclass(frozen=True, slots=True)
class Move:
    """What a run changes for one partner: its tier, and the terms of the rate in force; None where it had none."""

    previous_tier: int | None
    tier: int
    previous_terms: RateTerms | None = None
    terms: RateTerms | None = None

    @property
    def lowers(self) -> bool:
        """Whether the tier, a discount or the SLA falls: an old agreement that ends lowers terms and no tier."""
        if self.previous_tier is not None and self.tier < self.previous_tier:
            return True
        before, now = self.previous_terms, self.terms
        return (
            before is not None
            and now is not None
            and (
                now.tier < before.tier
                or now.monthly_fee_discount_bp < before.monthly_fee_discount_bp
                or now.setup_fee_discount_bp < before.setup_fee_discount_bp
                or sla_rank(now.sla) < sla_rank(before.sla)
            )
        )


def brake_reasons(
    *,
    brake: Brake,
    moves: Sequence[Move],
    entity_totals: Mapping[str, int],
    last_entity_totals: Mapping[str, int],
) -> list[str]:
    """Return the reasons why a month has to wait for a person's decision; empty where it may go on.

    `moves` are those of the partners that the run assesses, one each; totals are EUR cents by entity, of this month
    and of each entity's last assessed month.
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
                f"the total of entity {entity} moves from {euros_text(last)} to {euros_text(total)} EUR, "
                f"more than {share}"
            )
    return reasons


def _moves_too_far(brake: Brake, total: int, last: int) -> bool:
    """Whether a total moves by more than its share, and by enough euros: a small entity moves by 30 % in any month."""
    moved = abs(total - last)
    return moved >= brake.entity_total_move_at_least_cents and moved * BP > brake.entity_total_move_bp * abs(last)
