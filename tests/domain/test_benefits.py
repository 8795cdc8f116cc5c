"""The life of a benefit on request, and each benefit's own state for a partner on a day (rule 10)."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from partner_program.domain.benefits import (
    BenefitRequest,
    BenefitState,
    BenefitStep,
    StepAct,
    approve,
    asked_already,
    benefits_on,
    check_asked,
    possible_acts,
    refuse,
    standing,
    tell_outcome,
    units_on,
    withdraw,
)
from partner_program.domain.dated import Period
from partner_program.domain.program import BenefitTerms, Program, day_in_the_programme
from partner_program.domain.refusals import NotAuthorized, NotDefined, Refusal
from partner_program.domain.registry import LegacyAgreement
from tests.domain.made_month import PROGRAM, partner

DAY = timedelta(days=1)
JULY, AUGUST, SEPTEMBER, OCTOBER = (date(2015, month, 1) for month in (7, 8, 9, 10))
TODAY = date(2015, 8, 3)
TERMS = {
    "seeding_options": BenefitTerms(units_at_once=(5,) * 6, end_demanded=True, without_tier=True),
    "post_payment": BenefitTerms(days=30),
    "presales_solution_architect": BenefitTerms(days_ahead=14),
    "mdf": BenefitTerms(proposal=True),
}


def with_terms(terms: dict[str, BenefitTerms], **changed: Any) -> Program:
    return replace(
        PROGRAM,
        benefits=tuple(replace(each, terms=terms.get(each.key, BenefitTerms())) for each in PROGRAM.benefits),
        **changed,
    )


LIMITED = with_terms(TERMS)


def asked(
    benefit: str = "seeding_options",
    *,
    quantity: int | None = 5,
    first: date = TODAY,
    by: str = "Ann",
    request_id: str = "R1",
    **values: Any,
) -> BenefitRequest:
    step = BenefitStep("requested", by, "a test", quantity=quantity, valid_from=first, **values)
    return BenefitRequest(request_id, "P1", benefit, (step,))


def proposal(cents: int = 1_000_00, **values: Any) -> BenefitRequest:
    return asked("mdf", quantity=None, amount_cents=cents, **({"activity": "a fair", "market": "hosting, NL"} | values))


def approval(
    quantity: int | None = None, first: date = TODAY, ends: date | None = None, by: str = "Bob", **values: Any
) -> BenefitStep:
    return BenefitStep("approved", by, "fits", quantity=quantity, valid_from=first, valid_to=ends, **values)


def approved(
    quantity: int | None, first: date, ends: date | None, benefit: str = "seeding_options", request_id: str = "R0"
) -> BenefitRequest:
    return asked(benefit, quantity=quantity, request_id=request_id).after(approval(quantity, first, ends))


def ask(
    request: BenefitRequest, *, program: Program = LIMITED, tier: int = 2, status: str = "authorized", has: str = ""
) -> BenefitRequest:
    who = partner(status=status, attributes=has)
    return check_asked(program=program, partner=who, tier=tier, request=request, today=TODAY)


def give(
    request: BenefitRequest,
    step: BenefitStep,
    *others: BenefitRequest,
    program: Program = LIMITED,
    tier: int = 2,
    status: str = "authorized",
    has: str = "",
) -> BenefitRequest:
    who = partner(status=status, attributes=has)
    return approve(program=program, partner=who, tier=tier, request=request, others=others, step=step)


def on(day: date, *requests: BenefitRequest, tier: int = 2, program: Program = LIMITED, **known: Any) -> dict[str, Any]:
    found = benefits_on(program=program, tier=tier, day=day, requests=requests, **known)
    return {each.benefit.key: each for each in found}


def seeding(day: date, *requests: BenefitRequest, **known: Any) -> BenefitState:
    found = on(day, *requests, **known)["seeding_options"]
    assert isinstance(found, BenefitState)
    return found


# What may be asked


def test_a_benefit_on_request_can_be_asked_for() -> None:
    assert ask(asked()) == asked()


@pytest.mark.parametrize("status", ["applied", "suspended", "ended"])
def test_only_an_authorised_partner_asks_and_is_approved(status: str) -> None:
    with pytest.raises(NotAuthorized, match=f"partner P1 is {status}: only authorised partners get a benefit"):
        ask(asked(), status=status)
    with pytest.raises(NotAuthorized, match=f"partner P1 is {status}"):
        give(asked(), approval(5, ends=SEPTEMBER), status=status)


SPECIALISED = with_terms(
    {
        "mdf": BenefitTerms(proposal=True, only_for="specialised"),
        "seeding_options": BenefitTerms(without_tier=True, only_for="specialised"),
        "knowledge_base": BenefitTerms(only_for="specialised"),
    }
)


@pytest.mark.parametrize("has", ["", "special", "specialised_in_cdn"])
def test_what_is_only_for_some_is_asked_for_and_approved_by_nobody_else(has: str) -> None:
    """ "Specialized Resellers can request market development funds"."""
    says = "mdf is only for partners with the attribute specialised, which partner P1 does not have"
    with pytest.raises(NotDefined, match=says):
        ask(proposal(), program=SPECIALISED, has=has)
    with pytest.raises(NotDefined, match=says):
        give(proposal(), approval(amount_cents=1_000_00), program=SPECIALISED, has=has)


def test_who_has_the_attribute_asks_and_is_approved() -> None:
    assert ask(proposal(), program=SPECIALISED, has="gold specialised").state == "requested"
    step = approval(amount_cents=1_000_00)
    assert give(proposal(), step, program=SPECIALISED, has="specialised").state == "approved"


def test_what_a_partner_cannot_have_for_want_of_an_attribute_is_not_stated() -> None:
    only = {"mdf", "seeding_options", "knowledge_base"}
    assert only.isdisjoint(on(TODAY, program=SPECIALISED))
    assert only <= on(TODAY, program=SPECIALISED, attributes="specialised").keys()
    assert on(TODAY, program=SPECIALISED, tier=0) == {}
    assert on(TODAY, program=SPECIALISED, tier=0, attributes="specialised").keys() == {"seeding_options"}


def test_an_approval_outlives_the_attribute_and_so_does_an_old_agreement() -> None:
    there = proposal().after(approval(amount_cents=500_00, first=JULY))
    assert on(TODAY, there, program=SPECIALISED)["mdf"].status == "approved"
    old = LegacyAgreement("P1", 0, 0, None, "2012", Period(JULY, None), benefits=("knowledge_base",))
    assert on(TODAY, program=SPECIALISED, agreements=[old])["knowledge_base"].status == "kept"


@pytest.mark.parametrize(
    ("benefit", "tier", "says"),
    [
        ("data_center_visits", 2, "is unknown in the programme: its owner has to say"),
        ("knowledge_base", 2, "is included in Tier 2, partner P1 need not ask for it"),
        ("post_payment", 0, "is not given without a tier, which partner P1 is in"),
        ("seeding", 2, "seeding is no benefit of the programme .* expected one of mdf, "),
    ],
)
def test_what_the_tier_has_not_on_request_is_refused_with_the_reason(benefit: str, tier: int, says: str) -> None:
    with pytest.raises(NotDefined, match=says):
        ask(asked(benefit, quantity=None), tier=tier)


def test_seeding_units_help_to_make_a_margin_from_day_one_so_a_partner_without_a_tier_may_ask() -> None:
    assert ask(asked(), tier=0) == asked()
    with pytest.raises(NotDefined, match="seeding_options is not given without a tier"):
        ask(asked(), tier=0, program=PROGRAM_WITHOUT_TERMS)
    with pytest.raises(Refusal, match="at most 5 units of seeding_options at once"):
        give(asked(quantity=6), approval(6, ends=SEPTEMBER), tier=0)


PROGRAM_WITHOUT_TERMS = with_terms({})


def test_presales_support_is_asked_for_14_days_ahead() -> None:
    wanted = asked("presales_solution_architect", quantity=None, first=TODAY + 14 * DAY)
    assert ask(wanted) == wanted
    with pytest.raises(Refusal, match="14 days ahead: today is 2015-08-03, so from 2015-08-17 on, not 2015-08-16"):
        ask(asked("presales_solution_architect", quantity=None, first=TODAY + 13 * DAY))


def test_what_is_counted_is_asked_for_by_the_unit() -> None:
    with pytest.raises(Refusal, match="seeding_options is counted: say how many units"):
        ask(asked(quantity=None))
    with pytest.raises(Refusal, match="0 units cannot be asked for, expected at least 1"):
        ask(asked(quantity=0))


@pytest.mark.parametrize("first", [SEPTEMBER, SEPTEMBER + DAY])
def test_a_period_that_covers_no_day_is_refused(first: date) -> None:
    with pytest.raises(Refusal, match=f"from {first} until 2015-09-01 covers no day"):
        ask(asked(first=first, valid_to=SEPTEMBER))
    with pytest.raises(Refusal, match=f"from {first} until 2015-09-01 covers no day"):
        give(asked(), approval(5, first, SEPTEMBER))


@pytest.mark.parametrize(
    ("changed", "lacks"),
    [({"activity": " "}, "activity"), ({"market": ""}, "market"), ({"cents": 0}, "amount above 0")],
)
def test_market_development_funds_are_on_proposal_basis(changed: dict[str, Any], lacks: str) -> None:
    assert ask(proposal()) == proposal()
    with pytest.raises(Refusal, match=f"mdf is given on a proposal: it lacks {lacks}$"):
        ask(proposal(**changed))


def test_who_asks_or_decides_and_why_is_always_said() -> None:
    with pytest.raises(Refusal, match="say who asks, and what for"):
        ask(asked(by=" "))
    with pytest.raises(Refusal, match="say who approves, and why"):
        give(asked(), approval(5, ends=SEPTEMBER, by=""))


# Approving: at most what was asked for, by whom, how long


def test_three_of_five_units_may_be_approved_and_three_is_what_counts() -> None:
    found = give(asked(quantity=5), approval(3, TODAY, SEPTEMBER))
    assert (found.state, found.units, standing(found, day=TODAY).quantity) == ("approved", 3, 3)
    state = seeding(TODAY, found)
    assert (state.status, state.units, state.limit) == ("approved", 3, 5)


def test_more_than_was_asked_for_is_refused() -> None:
    with pytest.raises(Refusal, match="R1 asks for 2 units, 3 cannot be approved"):
        give(asked(quantity=2), approval(3, ends=SEPTEMBER))
    with pytest.raises(Refusal, match=r"R1 asks for 1,000\.00, 1,000\.01 cannot be approved"):
        give(proposal(1_000_00), approval(amount_cents=1_000_01))


def test_seeding_is_for_a_certain_period_so_an_approval_says_until_when() -> None:
    with pytest.raises(Refusal, match="seeding_options is given for a certain period: say until which day"):
        give(asked(), approval(5))
    assert give(asked("post_payment", quantity=None), approval()).state == "approved"


def test_the_tier_has_to_allow_it_on_the_day_of_the_approval_too() -> None:
    request = asked("post_payment", quantity=None)
    with pytest.raises(NotDefined, match="post_payment is not given without a tier"):
        give(request, approval(), tier=0)


def test_a_tier_that_is_lost_takes_nothing_away_that_was_approved() -> None:
    there = approved(None, TODAY, None, "post_payment")
    assert on(TODAY, there, tier=0)["post_payment"].status == "approved"
    assert "post_payment" not in on(TODAY, tier=0)


@pytest.mark.parametrize("by", ["Ann", " ann  ", "ANN"])
def test_with_four_eyes_nobody_approves_what_he_asked_for(by: str) -> None:
    four_eyes = replace(LIMITED, benefit_approval="another_person")
    with pytest.raises(Refusal, match="R1 was asked for by Ann: somebody else has to approve it"):
        give(asked(by="Ann"), approval(5, ends=SEPTEMBER, by=by), program=four_eyes)
    assert give(asked(by="Ann"), approval(5, ends=SEPTEMBER, by="Bob"), program=four_eyes).state == "approved"
    assert give(asked(by="Ann"), approval(5, ends=SEPTEMBER, by=by)).state == "approved"


# The limit, on every day


def test_five_new_units_from_the_day_on_which_five_others_end_and_none_the_day_before() -> None:
    there = approved(5, JULY, SEPTEMBER)
    assert give(asked(), approval(5, SEPTEMBER, OCTOBER), there).state == "approved"
    with pytest.raises(Refusal, match="at most 5 units of seeding_options at once, and 5 are approved for 2015-08-31"):
        give(asked(), approval(5, SEPTEMBER - DAY, OCTOBER), there)


def test_the_limit_holds_on_each_day_of_an_approval_not_only_on_its_first() -> None:
    later = approved(4, SEPTEMBER, OCTOBER + 30 * DAY)
    with pytest.raises(Refusal, match="4 are approved for 2015-09-01: 2 more cannot be"):
        give(asked(quantity=2), approval(2, JULY, OCTOBER), later)
    assert give(asked(quantity=1), approval(1, JULY, OCTOBER), later).units == 1


def test_what_is_not_in_force_uses_nothing_of_the_limit() -> None:
    idle = [
        asked(request_id="asked"),
        refuse(asked(request_id="refused"), BenefitStep("refused", "Bob", "no stock")),
        withdraw(asked(request_id="undone"), BenefitStep("withdrawn", "Bob", "moved on"), today=TODAY),
        approved(5, JULY, TODAY, request_id="ended"),
        withdraw(
            approved(5, TODAY + DAY, SEPTEMBER, request_id="never begun"),
            BenefitStep("withdrawn", "Bob", "moved on", valid_from=TODAY),
            today=TODAY,
        ),
    ]
    assert [units_on(idle, day) for day in (JULY, TODAY - DAY, TODAY, TODAY + DAY)] == [5, 5, 0, 0]
    assert give(asked(), approval(5, TODAY, SEPTEMBER), *idle).state == "approved"


def test_a_limit_that_was_made_lower_takes_nothing_away_and_stops_new_ones() -> None:
    six = [approved(3, JULY, SEPTEMBER, request_id="A"), approved(3, JULY, SEPTEMBER, request_id="B")]
    state = seeding(TODAY, *six)
    assert (state.units, state.limit, state.status) == (6, 5, "approved")
    with pytest.raises(Refusal, match="at most 5 units of seeding_options at once, and 6 are approved"):
        give(asked(quantity=1), approval(1, TODAY, SEPTEMBER), *six)


def test_what_is_not_counted_is_given_once_at_a_time() -> None:
    there = approved(None, JULY, None, "post_payment")
    request = asked("post_payment", quantity=None)
    with pytest.raises(Refusal, match=r"R1: post_payment is approved for 2015-08-03 already, without end \(R0\)"):
        give(request, approval(), there)
    ended = approved(None, JULY, TODAY, "post_payment")
    assert give(request, approval(), ended).state == "approved"


def test_two_proposals_may_be_approved_for_the_same_days() -> None:
    there = replace(proposal(), request_id="R0").after(approval(amount_cents=500_00))
    assert give(proposal(), approval(amount_cents=500_00), there).state == "approved"


def test_an_approval_in_a_file_that_names_no_quantity_is_one_unit() -> None:
    there = approved(None, JULY, SEPTEMBER)
    assert units_on([there], TODAY) == 1
    with pytest.raises(Refusal, match="1 is approved for 2015-08-03: 5 more cannot be"):
        give(asked(), approval(5, TODAY, SEPTEMBER), there)


# The state on a day


def test_an_approval_is_upcoming_then_in_force_then_ended_without_anybody_doing_anything() -> None:
    there = approved(2, AUGUST, SEPTEMBER)
    states = [standing(there, day=day).state for day in (AUGUST - DAY, AUGUST, SEPTEMBER - DAY, SEPTEMBER)]
    assert states == ["upcoming", "in_force", "in_force", "ended"]
    assert [seeding(day, there).status for day in (AUGUST - DAY, AUGUST)] == ["upcoming", "approved"]
    assert [seeding(day, there).units for day in (AUGUST - DAY, AUGUST, SEPTEMBER)] == [0, 2, 0]


@pytest.mark.parametrize(("ends", "soon"), [(30, True), (31, False), (1, True)])
def test_what_ends_within_30_days_ends_soon(ends: int, soon: bool) -> None:
    assert standing(approved(2, JULY, TODAY + ends * DAY), day=TODAY).ends_within(30, day=TODAY) is soon


def test_what_has_ended_has_no_end_or_has_not_begun_does_not_end_soon() -> None:
    others = [
        approved(2, JULY, TODAY),
        approved(None, JULY, None, "post_payment"),
        approved(2, TODAY + DAY, TODAY + 2 * DAY),
    ]
    assert [standing(each, day=TODAY).ends_within(30, day=TODAY) for each in others] == [False] * 3


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        (datetime(2015, 8, 31, 21, 30, tzinfo=UTC), "in_force"),
        (datetime(2015, 8, 31, 22, 30, tzinfo=UTC), "ended"),
    ],
)
def test_until_1_september_ends_as_that_day_begins_in_amsterdam(moment: datetime, state: str) -> None:
    day = day_in_the_programme([PROGRAM], moment=moment)
    assert standing(approved(2, JULY, SEPTEMBER), day=day).state == state


@pytest.mark.parametrize(
    ("ends", "before", "from_then"),
    [  # the clocks go forward on 27 March 2016 and back on 30 October 2016
        (date(2016, 3, 28), datetime(2016, 3, 27, 21, 59, tzinfo=UTC), datetime(2016, 3, 27, 22, tzinfo=UTC)),
        (date(2016, 10, 31), datetime(2016, 10, 30, 22, 59, tzinfo=UTC), datetime(2016, 10, 30, 23, tzinfo=UTC)),
    ],
)
def test_an_end_on_the_day_after_the_clocks_change(ends: date, before: datetime, from_then: datetime) -> None:
    there = approved(2, JULY, ends)
    days = [day_in_the_programme([PROGRAM], moment=moment) for moment in (before, from_then)]
    assert [standing(there, day=day).state for day in days] == ["in_force", "ended"]


def test_of_a_partner_that_is_not_authorised_an_approval_is_stopped_and_its_units_stay_counted() -> None:
    there = approved(2, JULY, SEPTEMBER)
    assert standing(there, day=TODAY, authorized=False).state == "stopped"
    assert standing(there, day=SEPTEMBER, authorized=False).state == "ended"
    assert benefits_on(program=LIMITED, tier=2, day=TODAY, requests=[there], authorized=False) == ()
    assert units_on([there], TODAY) == 2


def test_each_benefit_has_the_state_that_says_most() -> None:
    found = on(
        TODAY,
        asked("mdf", quantity=None),
        approved(2, AUGUST, SEPTEMBER),
        asked(quantity=2),
        approved(None, OCTOBER, None, "post_payment"),
        refuse(asked("customer_portal_access", quantity=None), BenefitStep("refused", "Bob", "no")),
    )
    assert {key: found[key].status for key in found if found[key].status != "included"} == {
        "mdf": "requested",
        "seeding_options": "approved",
        "post_payment": "upcoming",
        "presales_solution_architect": "on_request",
        "customer_portal_access": "on_request",  # a refusal is told by a person
    }
    assert found["knowledge_base"].status == "included"
    assert [each.quantity for each in found["seeding_options"].requested] == [2]
    assert not {"data_center_visits", "proof_of_concept"} & found.keys()


def test_an_unknown_benefit_is_stated_where_an_older_agreement_keeps_it_and_nowhere_else() -> None:
    kept = LegacyAgreement("P1", 0, 0, None, "agreement of 2012", Period(JULY, SEPTEMBER), ("data_center_visits",))
    assert on(TODAY, agreements=[kept])["data_center_visits"].status == "kept"
    assert on(TODAY, agreements=[kept])["data_center_visits"].kept == (kept,)
    assert "data_center_visits" not in on(SEPTEMBER, agreements=[kept])


def test_numbers_that_only_the_owner_can_give_are_there_where_the_owner_gave_them() -> None:
    counted = with_terms(
        {"service_level_agreement": BenefitTerms(incidents=(1, 2, 3, 4, 5, 6), link="https://x.example")}
    )
    assert [on(TODAY, tier=tier, program=counted)["service_level_agreement"].incidents for tier in (1, 6)] == [1, 6]
    assert on(TODAY)["service_level_agreement"].incidents is None


# Doing it again, and what cannot be done


def test_the_same_act_again_with_the_same_values_changes_nothing() -> None:
    step = approval(5, TODAY, SEPTEMBER)
    done = give(asked(), step)
    assert give(done, replace(step, done_on=TODAY)) is done
    refused = refuse(asked(), BenefitStep("refused", "Bob", "no stock"))
    assert refuse(refused, BenefitStep("refused", "Bob", "no stock", done_on=TODAY)) is refused
    undone = withdraw(asked(), BenefitStep("withdrawn", "Bob", "no need", valid_from=TODAY), today=TODAY)
    assert withdraw(undone, BenefitStep("withdrawn", "Bob", "no need", valid_from=TODAY), today=TODAY) is undone


def test_the_same_act_with_other_values_names_what_was_done_first() -> None:
    done = give(asked(), approval(5, TODAY, SEPTEMBER))
    says = r"R1 was already approved by Bob \(5 units, from 2015-08-03, until 2015-09-01, fits\): with other values"
    with pytest.raises(Refusal, match=says):
        give(done, approval(4, TODAY, SEPTEMBER))
    with pytest.raises(Refusal, match=r"R1 was already refused by Bob \(no stock\): with other values"):
        refuse(refuse(asked(), BenefitStep("refused", "Bob", "no stock")), BenefitStep("refused", "Cas", "no stock"))


def refused_request() -> BenefitRequest:
    return refuse(asked(), BenefitStep("refused", "Bob", "no stock"))


def withdrawn_request() -> BenefitRequest:
    return withdraw(asked(), BenefitStep("withdrawn", "Bob", "no need"), today=TODAY)


@pytest.mark.parametrize("there", [refused_request(), withdrawn_request()], ids=["refused", "withdrawn"])
def test_what_was_refused_or_withdrawn_is_not_approved_any_more(there: BenefitRequest) -> None:
    with pytest.raises(Refusal, match=f"R1 cannot be approved: it is {there.state} by Bob .*; a new request"):
        give(there, approval(5, TODAY, SEPTEMBER))


def test_what_was_refused_is_not_withdrawn_and_what_was_withdrawn_is_not_refused() -> None:
    with pytest.raises(Refusal, match="R1 cannot be withdrawn: it is refused by Bob"):
        withdraw(refused_request(), BenefitStep("withdrawn", "Cas", "no need", valid_from=TODAY), today=TODAY)
    with pytest.raises(Refusal, match="R1 cannot be refused: it is withdrawn by Bob"):
        refuse(withdrawn_request(), BenefitStep("refused", "Cas", "no stock"))


def test_an_approved_request_is_not_refused_any_more() -> None:
    with pytest.raises(
        Refusal, match=r"R0 cannot be refused: it is approved by Bob \(5 units, .*\); it can be withdrawn"
    ):
        refuse(approved(5, JULY, SEPTEMBER), BenefitStep("refused", "Bob", "no stock"))


def test_a_request_whose_id_is_known_is_that_one_where_it_asks_for_the_same() -> None:
    known = approved(5, TODAY, SEPTEMBER, request_id="R1")
    assert asked_already(known, asked()) is known
    with pytest.raises(Refusal, match=r"R1 was requested by Ann \(5 units, from 2015-08-03, .*\): with other values"):
        asked_already(known, asked(quantity=4))


@pytest.mark.parametrize("changed", [{"partner_id": "P2"}, {"benefit": "mdf"}])
def test_the_id_of_anothers_request_or_of_another_benefit_is_taken(changed: dict[str, str]) -> None:
    with pytest.raises(Refusal, match="R1 is the request of partner P1 for seeding_options: choose another id"):
        asked_already(asked(), replace(asked(), **changed))


# Withdrawing


@pytest.mark.parametrize("day", [TODAY, SEPTEMBER - DAY, SEPTEMBER])
def test_an_approval_is_withdrawn_from_today_or_a_later_day_until_its_end(day: date) -> None:
    found = withdraw(approved(5, JULY, SEPTEMBER), BenefitStep("withdrawn", "Bob", "sold", valid_from=day), today=TODAY)
    before, from_then = (standing(found, day=each).state for each in (day - DAY, day))
    assert (before, from_then) == ("in_force", "withdrawn")
    assert standing(found, day=TODAY).valid_to == day
    assert units_on([found], day) == 0


@pytest.mark.parametrize("day", [TODAY - DAY, SEPTEMBER + DAY, None])
def test_an_approval_is_not_withdrawn_from_another_day(day: date | None) -> None:
    with pytest.raises(Refusal, match="R0 can be withdrawn from 2015-08-03 to 2015-09-01, when it ends by itself, not"):
        withdraw(approved(5, JULY, SEPTEMBER), BenefitStep("withdrawn", "Bob", "sold", valid_from=day), today=TODAY)


def test_of_what_has_ended_nothing_is_left_to_withdraw() -> None:
    step = BenefitStep("withdrawn", "Bob", "sold", valid_from=TODAY)
    with pytest.raises(Refusal, match="R0 has ended on 2015-08-03: nothing is left to withdraw"):
        withdraw(approved(5, JULY, TODAY), step, today=TODAY)


def test_an_approval_withdrawn_before_its_first_day_is_never_in_force() -> None:
    found = withdraw(
        approved(5, SEPTEMBER, OCTOBER), BenefitStep("withdrawn", "Bob", "sold", valid_from=TODAY), today=TODAY
    )
    assert (found.period, standing(found, day=TODAY).valid_to) == (None, TODAY)
    assert [standing(found, day=day).state for day in (TODAY, SEPTEMBER)] == ["withdrawn", "withdrawn"]


# What came of a proposal


def told(cents: int | None, why: str = "40 leads") -> BenefitStep:
    return BenefitStep("outcome", "Bob", why, amount_cents=cents)


def test_what_was_spent_and_what_came_of_it_is_kept_and_a_correction_is_one_more_step() -> None:
    there = give(proposal(), approval(amount_cents=800_00, ends=SEPTEMBER))
    first = tell_outcome(LIMITED, there, told(800_00))
    assert tell_outcome(LIMITED, first, told(800_00)) is first
    second = tell_outcome(LIMITED, first, told(790_00))
    assert [step.amount_cents for step in second.steps if step.act == "outcome"] == [800_00, 790_00]
    assert second.outcome == told(790_00)
    assert (second.state, standing(second, day=TODAY).state) == ("approved", "in_force")


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (told(800_01), r"R1: 800\.01 spent is more than the 800\.00 approved"),
        (told(-1), "say what was spent"),
        (told(None), "say what was spent"),
        (told(1, why=""), "say who says, and what came of it"),
    ],
)
def test_no_more_is_spent_than_was_approved(step: BenefitStep, says: str) -> None:
    with pytest.raises(Refusal, match=says):
        tell_outcome(LIMITED, give(proposal(), approval(amount_cents=800_00)), step)


def test_only_an_approved_proposal_has_an_outcome() -> None:
    with pytest.raises(Refusal, match="R1 cannot be given an outcome: it is requested"):
        tell_outcome(LIMITED, proposal(), told(1))
    with pytest.raises(NotDefined, match="seeding_options is no proposal"):
        tell_outcome(LIMITED, approved(5, JULY, SEPTEMBER), told(1))


def test_a_benefit_that_is_no_proposal_has_no_amount() -> None:
    with pytest.raises(Refusal, match="post_payment is no proposal: it has no activity, market or amount"):
        ask(asked("post_payment", quantity=None, amount_cents=1))
    with pytest.raises(Refusal, match="post_payment is no proposal: it has no amount"):
        give(asked("post_payment", quantity=None), approval(amount_cents=1))


@pytest.mark.parametrize("day", [TODAY, SEPTEMBER - DAY, SEPTEMBER])
@pytest.mark.parametrize(
    "there",
    [
        asked(),
        proposal(),
        approved(5, TODAY, SEPTEMBER),
        proposal().after(approval(None, TODAY, SEPTEMBER, amount_cents=1_000_00)),
        refused_request(),
        withdrawn_request(),
    ],
    ids=lambda there: f"{there.benefit} {there.state}",
)
def test_exactly_what_is_said_to_be_possible_is_not_refused(there: BenefitRequest, day: date) -> None:
    acts: dict[StepAct, Callable[[], object]] = {
        "approved": lambda: give(
            there, approval(there.asked.quantity, day, OCTOBER, amount_cents=there.asked.amount_cents)
        ),
        "refused": lambda: refuse(there, BenefitStep("refused", "Cas", "no")),
        "withdrawn": lambda: withdraw(there, BenefitStep("withdrawn", "Cas", "no need", valid_from=day), today=day),
        "outcome": lambda: tell_outcome(LIMITED, there, BenefitStep("outcome", "Cas", "40 leads", amount_cents=0)),
    }
    done = set()
    for act, do in acts.items():
        with suppress(Refusal):
            do()
            done.add(act)
    proposes = there.benefit == "mdf"
    assert set(possible_acts(there, proposal=proposes, day=day)) == done


# What ended since a day


def test_what_ended_since_a_day_was_given_and_its_first_day_without_it_lies_after_that_day() -> None:
    over = standing(approved(5, JULY, SEPTEMBER), day=SEPTEMBER)
    assert [over.ended_after(day) for day in (SEPTEMBER - DAY, SEPTEMBER)] == [True, False]
    early = withdraw(
        approved(5, JULY, SEPTEMBER), BenefitStep("withdrawn", "Bob", "sold", valid_from=TODAY), today=TODAY
    )
    assert [standing(early, day=OCTOBER).ended_after(day) for day in (TODAY - DAY, TODAY)] == [True, False]
    assert not standing(approved(5, JULY, SEPTEMBER), day=TODAY).ended_after(JULY), "it is in force"
    assert not standing(withdrawn_request(), day=SEPTEMBER).ended_after(JULY), "it was never given"
    assert not standing(refused_request(), day=SEPTEMBER).ended_after(JULY)
