"""The brake: a run that would change too much stops before anything takes force (rule 7)."""

from collections.abc import Mapping, Sequence

from partner_program.domain.money import BP, euros_text, percent_text
from partner_program.domain.program import Brake


def brake_reasons(
    *,
    brake: Brake,
    moves: Sequence[tuple[int | None, int]],
    entity_totals: Mapping[str, int],
    last_entity_totals: Mapping[str, int],
) -> list[str]:
    """Return the reasons why a month has to wait for a person's decision; empty where it may go on.

    `moves` are (previous tier, tier) of the partners that the run assesses; totals are EUR cents by entity, of this
    month and of each entity's last assessed month.
    """
    reasons = []
    lowered = sum(1 for previous, tier in moves if previous is not None and tier < previous)
    if lowered >= brake.lowered_at_least and lowered * BP > brake.lowered_share_bp * len(moves):
        share = percent_text(brake.lowered_share_bp)
        reasons.append(f"{lowered} of {len(moves)} assessed partners would be lowered, more than {share}")
    for entity, total in sorted(entity_totals.items()):
        last = last_entity_totals.get(entity)
        if last is not None and abs(total - last) * BP > brake.entity_total_move_bp * abs(last):
            share = percent_text(brake.entity_total_move_bp)
            reasons.append(
                f"the total of entity {entity} moves from {euros_text(last)} to {euros_text(total)} EUR, "
                f"more than {share}"
            )
    return reasons
