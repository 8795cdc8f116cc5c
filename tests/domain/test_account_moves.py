"""Which accounts moved between two counts: the largest moves first, no more than a reader compares by eye."""

from hypothesis import given
from hypothesis import strategies as st

from partner_program.domain.account_moves import MOVES_SHOWN, account_moves
from partner_program.domain.letters import AccountFact, AccountMove


def account(account_id: str, cents: int, *, entity: str = "NL", currency: str = "EUR") -> AccountFact:
    return AccountFact(entity, f"Hosting {entity}", account_id, currency, cents, "1", cents)


ACCOUNTS = st.lists(
    st.builds(account, st.sampled_from("ABCDEFGHIJ"), st.integers(-500, 500), entity=st.sampled_from(["NL", "US"])),
    unique_by=lambda row: (row.entity, row.account_id),
)


def test_accounts_come_go_rise_and_fall_and_those_that_stay_are_not_named() -> None:
    before = [account("A", 500), account("B", 300), account("C", 200), account("D", 100)]
    now = [account("A", 500), account("B", 1_000), account("C", 150), account("E", 60)]
    assert account_moves(before=before, now=now).shown == (
        AccountMove("NL", "B", 300, 1_000),
        AccountMove("NL", "D", 100, None),
        AccountMove("NL", "E", None, 60),
        AccountMove("NL", "C", 200, 150),
    )


def test_equal_moves_stand_by_entity_and_number() -> None:
    now = [account("B", 10), account("A", -10, entity="US"), account("A", 10)]
    found = account_moves(before=[], now=now).shown
    assert [(move.entity, move.account_id) for move in found] == [("NL", "A"), ("NL", "B"), ("US", "A")]


def test_an_account_that_bills_in_two_currencies_is_one_account_and_the_same_number_elsewhere_another() -> None:
    before = [account("A", 100), account("A", 50, currency="USD"), account("A", 70, entity="US")]
    now = [account("A", 90), account("A", 60, currency="USD"), account("A", 71, entity="US")]
    assert account_moves(before=before, now=now).shown == (AccountMove("US", "A", 70, 71),)


def test_an_account_with_nothing_to_count_has_not_moved_by_coming_or_going() -> None:
    assert account_moves(before=[account("A", 0)], now=[account("B", 0)]).shown == ()


def test_beyond_a_handful_the_number_and_the_sum_are_told() -> None:
    now = [account(str(number), 100 + number) for number in range(MOVES_SHOWN + 2)]
    found = account_moves(before=[], now=now)
    assert [move.now_cents for move in found.shown] == [106, 105, 104, 103, 102]
    assert (found.others, found.others_cents) == (2, 201)


@given(ACCOUNTS, ACCOUNTS)
def test_the_moves_and_the_others_add_up_to_the_change_of_the_total(
    before: list[AccountFact], now: list[AccountFact]
) -> None:
    found = account_moves(before=before, now=now)
    change = sum(row.mrr_eur_cents for row in now) - sum(row.mrr_eur_cents for row in before)
    assert sum(move.moved_cents for move in found.shown) + found.others_cents == change
    assert len(found.shown) <= MOVES_SHOWN
    assert all(move.moved_cents for move in found.shown)
