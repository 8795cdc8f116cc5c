"""Stories that a partner manager can read have the results that they state; each file is one story.

Each month states for each authorised partner its tier, the day from which its rate holds and its letter, or why it is
held, and further facts that the story is about.
"""

from pathlib import Path

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import euros_text, percent_text
from partner_program.domain.settlement import Decision
from tests.scenarios.story import Story, words

STORIES = sorted(Path(__file__).parent.glob("*.yaml"))
ALWAYS = "tier rate_valid_from letter"
MORE = "earned_tier mrr monthly_discount setup_discount sla grace"


def told_of(decision: Decision) -> dict[str, str]:
    """Everything that a story may state about a partner's month."""
    assert decision.rate is not None
    terms = decision.rate.terms
    return {
        "tier": str(decision.tier),
        "earned_tier": str(decision.earned_tier),
        "rate_valid_from": str(decision.rate.valid_from),
        "letter": decision.letter or "none",
        "mrr": f"{euros_text(decision.mrr_eur_cents)} EUR",
        "monthly_discount": percent_text(terms.monthly_fee_discount_bp),
        "setup_discount": percent_text(terms.setup_fee_discount_bp),
        "sla": terms.sla or "none",
        "grace": ", ".join(each.outcome or "open" for each in decision.grants) or "none",
    }


def test_there_are_stories() -> None:
    assert len(STORIES) >= 12


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_a_story_has_the_results_that_it_states(path: Path) -> None:
    story = Story(path)
    for told in story.months:
        totals = story.settle(told)
        known = {name: told_of(each) for name, each in story.assigned(BillingMonth.parse(told["month"])).items()}
        known |= {each.partner_id: {"held": each.reason} for each in totals.held}
        for given in told["expect"].values():
            words(given, "held") if "held" in given else words(given, ALWAYS, MORE)
        found = {
            name: {key: given.get(key) for key in told["expect"].get(name, given)} for name, given in known.items()
        }
        assert found == told["expect"], f"month {told['month']}, effective {told['effective']}"
        unmatched = {each.account_id: each.reason for each in totals.unmatched}
        assert unmatched == (told["unmatched"] or {}), f"month {told['month']}"
