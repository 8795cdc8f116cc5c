"""Which accounts moved between two counts of a partner's revenue, the largest move first (rule 12)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from partner_program.domain.letters import AccountFact, AccountMove

MOVES_SHOWN = 5  # what a reader compares by eye; the others are told by their number and sum


@dataclass(frozen=True, slots=True)
class AccountMoves:
    """The accounts that moved most; `others` more moved by `others_cents` in all."""

    shown: tuple[AccountMove, ...]
    others: int
    others_cents: int


def account_moves(*, before: Iterable[AccountFact], now: Iterable[AccountFact]) -> AccountMoves:
    """Compare two counts, account by account; an account's currencies count together, in EUR."""
    was, is_now = _by_account(before), _by_account(now)
    moves = [AccountMove(*account, was.get(account), is_now.get(account)) for account in was.keys() | is_now.keys()]
    ordered = sorted(
        (move for move in moves if move.moved_cents),
        key=lambda move: (-abs(move.moved_cents), move.entity, move.account_id),
    )
    others = ordered[MOVES_SHOWN:]
    return AccountMoves(tuple(ordered[:MOVES_SHOWN]), len(others), sum(move.moved_cents for move in others))


def _by_account(accounts: Iterable[AccountFact]) -> dict[tuple[str, str], int]:
    """The total of each account by its entity and number."""
    totals: dict[tuple[str, str], int] = defaultdict(int)
    for row in accounts:
        totals[row.entity, row.account_id] += row.mrr_eur_cents
    return totals
