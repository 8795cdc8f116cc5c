"""A month in force is compared with the result of its inputs now; differences are given in words (rule 8)."""

from datetime import date
from decimal import Decimal
from typing import Any

from partner_program.domain.rates import NO_PROGRAMME_RATE, Rate
from partner_program.domain.restatement import (
    AccountFigures,
    Figures,
    MonthNews,
    WindowFigures,
    differences,
    figures_of,
    month_news,
    rate_in_force,
)
from partner_program.domain.settlement import PartnerHistory, record_history
from partner_program.domain.totals import PartnerTotal
from tests.domain.made_month import GO_LIVE, billed, decided, grant, line, settled

IN_FORCE = Figures(
    mrr_eur_cents=2_000_00,
    earned_tier=2,
    granted_tier=None,
    tier=2,
    previous_tier=None,
    monthly_fee_discount_bp=800,
    setup_fee_discount_bp=2_000,
    sla="Silver",
    rate_valid_from=GO_LIVE,
    accounts=(AccountFigures("NL", "A1", "EUR", "1", 2_000_00, 2_000_00),),
    grants=(),
)


def test_equal_figures_differ_in_nothing() -> None:
    assert differences(in_force=IN_FORCE, now=IN_FORCE._replace()) == []


def test_a_decision_has_the_figures_that_its_assessment_stores() -> None:
    assert figures_of(decided(2_000_00, PartnerHistory())) == IN_FORCE


def test_an_exchange_rate_is_stored_without_idle_zeros_and_never_in_exponents() -> None:
    (decision,) = settled(billed(line(100, currency="IDR")), rates={"IDR": Decimal("15000.000000")}).decisions
    assert figures_of(decision).accounts[0].units_per_eur == "15000"


def test_grants_are_stored_by_id_with_what_became_of_them() -> None:
    grants = (grant(4, date(2015, 7, 1), date(2015, 12, 1)), grant(3, date(2015, 1, 1), GO_LIVE, grant_id="G2"))
    assert figures_of(decided(0, PartnerHistory(open_grants=grants))).grants == (("G1", None), ("G2", "lapsed"))


def test_a_month_that_is_history_only_has_no_figures_of_a_rate() -> None:
    figures = figures_of(record_history(total=PartnerTotal("P1", ()), earned_tier=1))
    assert (figures.monthly_fee_discount_bp, figures.setup_fee_discount_bp) == (None, None)
    assert (figures.sla, figures.rate_valid_from, figures.tier) == (None, None, 1)


def test_the_rate_of_a_month_in_force_is_read_back_as_it_was_decided() -> None:
    decision = decided(2_000_00, PartnerHistory())
    assert rate_in_force(figures_of(decision)) == decision.rate
    assert rate_in_force(figures_of(record_history(total=PartnerTotal("P1", ()), earned_tier=1))) is None


def test_money_tiers_and_discounts_differ_in_words_that_a_person_reads() -> None:
    now = IN_FORCE._replace(mrr_eur_cents=1_999_99, earned_tier=1, tier=1, monthly_fee_discount_bp=750, sla=None)
    assert differences(in_force=IN_FORCE, now=now) == [
        "mrr 2,000.00 EUR becomes 1,999.99 EUR",
        "earned_tier 2 becomes 1",
        "tier 2 becomes 1",
        "monthly_fee_discount 8 % becomes 7.5 %",
        "sla Silver becomes none",
    ]


def test_every_figure_is_compared_but_the_day_that_follows_from_the_rest() -> None:
    window = (WindowFigures("2015-05", 1_00),)
    other = Figures(
        *(
            1,
            0,
            1,
            1,
            3,
            1,
            1,
            "Gold",
            date(2015, 8, 3),
            (),
            (("G1", "lapsed"),),
            None,
            (("score", 1),),
            2,
            1,
            3,
            window,
        ),
        families="cdn=0",
    )
    assert len(differences(in_force=IN_FORCE, now=other)) == len(Figures._fields) - 2


def test_accounts_that_came_went_or_changed_are_named_on_their_side() -> None:
    changed = IN_FORCE.accounts[0]._replace(mrr_minor=1, mrr_eur_cents=1)
    (words,) = differences(in_force=IN_FORCE, now=IN_FORCE._replace(accounts=(changed,)))
    assert words == "accounts: NL A1 2,000.00 EUR becomes NL A1 0.01 EUR"
    (gone,) = differences(in_force=IN_FORCE, now=IN_FORCE._replace(accounts=()))
    assert gone.endswith("becomes nothing")
    more = AccountFigures("US", "A2", "USD", "1.1", 11, 10)
    (came,) = differences(in_force=IN_FORCE, now=IN_FORCE._replace(accounts=(*IN_FORCE.accounts, more)))
    assert came == "accounts: nothing becomes US A2 0.10 EUR (of 0.11 USD, 1.1 for 1 EUR)"


def test_a_grant_that_ended_otherwise_is_named() -> None:
    was = IN_FORCE._replace(grants=(("G1", "lapsed"),))
    now = IN_FORCE._replace(grants=(("G1", "confirmed"),))
    assert differences(in_force=was, now=now) == ["grants: G1 lapsed becomes G1 confirmed"]


def test_a_restated_month_is_not_compared_with_the_terms_of_its_first_effective_date() -> None:
    other = IN_FORCE._replace(monthly_fee_discount_bp=1500, setup_fee_discount_bp=5000, sla="Gold")
    assert len(differences(in_force=IN_FORCE, now=other)) == 3
    assert differences(in_force=IN_FORCE, now=other, keeps_terms=True) == []


# What a run of a month has to write


def news(**values: Any) -> MonthNews:
    """The news of a run of a month in force of which nothing has changed, but for these values."""
    nothing_new: dict[str, Any] = {
        "decides": False,
        "differs": False,
        "is_on_record": True,
        "has_same_totals": True,
        "entities_in_force": {"NL", "US"},
        "entities_now": {"NL", "US"},
    }
    return month_news(**{**nothing_new, **values})


def test_a_run_that_finds_what_is_in_force_writes_nothing() -> None:
    assert news() == MonthNews(settles=False, proposes=False, failing=())
    assert not news().is_any


def test_a_run_that_decides_a_partner_settles() -> None:
    found = news(decides=True)
    assert (found.settles, found.proposes, found.is_any) == (True, False, True)


def test_other_totals_settle_without_a_partner() -> None:
    assert news(has_same_totals=False).settles


def test_the_first_run_of_a_month_settles_also_without_a_partner() -> None:
    assert news(has_same_totals=False, entities_in_force=(), entities_now=()).settles


def test_differences_are_proposed_and_the_totals_wait_with_them() -> None:
    found = news(differs=True, is_on_record=False, has_same_totals=False)
    assert (found.settles, found.proposes, found.is_any) == (False, True, True)


def test_differences_on_record_are_not_proposed_again() -> None:
    assert not news(differs=True, has_same_totals=False).is_any


def test_a_partner_is_decided_beside_differences() -> None:
    found = news(decides=True, differs=True, is_on_record=False)
    assert (found.settles, found.proposes) == (True, True)


def test_a_proposal_whose_differences_are_gone_is_withdrawn() -> None:
    found = news(is_on_record=False)
    assert (found.settles, found.proposes) == (False, True)


def test_a_failing_entity_is_named_and_changes_neither_totals_nor_proposal() -> None:
    found = news(entities_now={"NL"}, has_same_totals=False, is_on_record=False)
    assert found == MonthNews(settles=False, proposes=False, failing=("US",))


def test_differences_are_proposed_while_another_entity_fails() -> None:
    assert news(entities_now={"NL"}, differs=True, is_on_record=False).proposes


def test_a_partner_is_decided_while_another_entity_fails() -> None:
    assert news(entities_now=(), decides=True) == MonthNews(settles=True, proposes=False, failing=("NL", "US"))


def test_an_entity_that_is_not_in_force_yet_cannot_be_failing() -> None:
    assert news(entities_in_force={"NL"}, entities_now={"US", "NL"}).failing == ()


def test_a_decision_is_stored_with_the_tier_before_and_the_granted_one() -> None:
    open_grant = grant(4, date(2015, 7, 1), date(2015, 12, 1))
    figures = figures_of(decided(2_000_00, PartnerHistory(previous_tier=3, open_grants=(open_grant,))))
    assert (figures.earned_tier, figures.granted_tier, figures.tier, figures.previous_tier) == (2, 4, 4, 3)


def test_a_stored_rate_without_figures_is_one_of_nothing() -> None:
    empty = IN_FORCE._replace(tier=None, monthly_fee_discount_bp=None, setup_fee_discount_bp=None, sla=None)
    assert rate_in_force(empty) == Rate(GO_LIVE, NO_PROGRAMME_RATE)


def test_several_accounts_and_an_open_grant_are_told_one_after_another() -> None:
    second = IN_FORCE.accounts[0]._replace(account_id="A2")
    both = IN_FORCE._replace(accounts=(*IN_FORCE.accounts, second), grants=(("G1", None),))
    assert differences(in_force=both, now=IN_FORCE._replace(accounts=())) == [
        "accounts: NL A1 2,000.00 EUR, NL A2 2,000.00 EUR becomes nothing",
        "grants: G1 open becomes nothing",
    ]
