"""What a letter that is owed states: committed figures, and what the programme and the registry add (rule 12)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from partner_program.domain.benefits import BenefitRequest, BenefitState, RequestState, Standing
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.letter_facts import (
    EarlierAssessment,
    OwedLetter,
    benefits_ended,
    benefits_of_tier,
    benefits_stated,
    facts_of_letters,
    next_tier,
)
from partner_program.domain.letters import (
    AccountFact,
    ApprovalFact,
    BenefitFact,
    GraceFact,
    LackFact,
    LetterFacts,
    NextTierFact,
    StaysFact,
)
from partner_program.domain.program import Availability, Benefit, BenefitTerms, Need, Program
from partner_program.domain.rates import LegacyTerm, RateTerms
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import AccountManager, Contact, Entity, LegacyAgreement, Partner, Registry
from partner_program.domain.tier_changes import Changes, Merit
from tests.domain.made_month import GO_LIVE, JUNE, PROGRAM, legacy, partner

DAY = timedelta(days=1)
PAM = AccountManager("M1", "Pam Manager", "pam@hosting.example", "+31201111111")
ACCOUNT = AccountFact("NL", "Hosting NL", "A1", "EUR", 2_000_00, "1", 2_000_00)
GRANT = GraceFact(3, date(2015, 6, 1), date(2015, 12, 1), None)
OWED = OwedLetter(
    billing_month=JUNE,
    partner_id="P1",
    revision=1,
    kind="tier_raised",
    content_hash=None,
    effective_on=GO_LIVE,
    program_hash=PROGRAM.file_hash,
    mrr_eur_cents=2_000_00,
    earned_tier=2,
    granted_tier=3,
    previous_tier=1,
    terms=RateTerms(3, 1_000, 3_500, "Gold"),
    rate_valid_from=GO_LIVE - DAY,
    accounts=(ACCOUNT,),
    grants=(GRANT,),
    earlier=None,
    rate_before=None,
)
EARLIER = EarlierAssessment(BillingMonth(2015, 5), RateTerms(4, 1_500, 5_000, "Gold"), 9_000_00, (ACCOUNT,))


def registry(
    partners: Sequence[Partner] = (partner(),),
    contacts: Sequence[Contact] = (),
    agreements: Sequence[LegacyAgreement] = (),
) -> Registry:
    return Registry((), (PAM,), tuple(partners), tuple(contacts), (), tuple(agreements), (), (), ())


def stated(letter: OwedLetter = OWED, *, program: Program = PROGRAM, **known: Any) -> LetterFacts:
    ((owed, facts),) = facts_of_letters(owed=[letter], registry=registry(**known), programs=[program])
    assert owed is letter
    return facts


def test_a_letter_states_what_was_committed() -> None:
    facts = stated()
    assert (facts.billing_month, facts.kind, facts.partner_id) == ("2015-06", "tier_raised", "P1")
    assert (facts.effective_on, facts.rate_valid_from) == (GO_LIVE, GO_LIVE - DAY)
    assert (facts.tier, facts.previous_tier, facts.earned_tier, facts.granted_tier) == (3, 1, 2, 3)
    assert (facts.monthly_fee_discount_bp, facts.setup_fee_discount_bp, facts.sla) == (1_000, 3_500, "Gold")
    assert (facts.mrr_eur_cents, facts.accounts, facts.grants) == (2_000_00, (ACCOUNT,), (GRANT,))


def test_a_letter_names_the_partner_and_its_manager() -> None:
    facts = stated()
    assert (facts.company_name, facts.language) == ("Company P1", "en")
    assert (facts.manager_name, facts.manager_email, facts.manager_phone) == (PAM.name, PAM.email, PAM.phone)


def test_a_letter_is_addressed_to_the_partners_own_billing_contacts_alone() -> None:
    contacts = [
        Contact("P1", "Ada", "ada@p.example", "billing"),
        Contact("P1", "Bob", "bob@p.example", "technical"),
        Contact("P2", "Cy", "cy@q.example", "billing"),
        Contact("P1", "Dee", "dee@p.example", "billing"),
    ]
    assert stated(contacts=contacts).contact_names == ("Ada", "Dee")
    assert stated().contact_names == ()


def test_a_letter_has_the_prepayment_table_of_the_programme() -> None:
    assert stated().prepayment == ((1, 0), (3, 250), (6, 500), (12, 1_000), (24, 2_000), (36, 3_000))


def test_a_letter_is_written_with_the_programme_that_the_month_was_settled_with() -> None:
    other = replace(PROGRAM, file_hash="other", prepayment_bp={1: 0})
    letters = [OWED, replace(OWED, program_hash="other")]
    found = facts_of_letters(owed=letters, registry=registry(), programs=[PROGRAM, other])
    assert [len(facts.prepayment) for _, facts in found] == [6, 1]


def test_a_letter_whose_programme_file_is_not_here_is_refused_by_its_hash() -> None:
    with pytest.raises(Refusal, match="month 2015-06 was settled with a programme file that is not here: gone"):
        stated(replace(OWED, program_hash="gone"))


def test_letters_are_told_in_the_order_in_which_they_are_owed_each_with_its_own_partner() -> None:
    letters = [replace(OWED, partner_id="P2"), OWED]
    found = facts_of_letters(owed=letters, registry=registry([partner("P1"), partner("P2")]), programs=[PROGRAM])
    assert [facts.company_name for _, facts in found] == ["Company P2", "Company P1"]


# What stood before


def test_a_letter_states_the_terms_that_the_partner_was_assigned_before() -> None:
    facts = stated(replace(OWED, earlier=EARLIER, rate_before=RateTerms(5, 2_000, 7_500, "Platinum")))
    assert (facts.previous_tier, facts.terms_before) == (1, EARLIER.terms)
    assert facts.earlier is not None
    assert (facts.earlier.billing_month, facts.earlier.mrr_eur_cents) == ("2015-05", 9_000_00)


def test_changed_terms_stand_beside_the_rate_that_they_differ_from() -> None:
    rate = RateTerms(0, 0, 0, None)
    assert stated(replace(OWED, kind="terms_changed", earlier=EARLIER, rate_before=rate)).terms_before == rate


def test_a_correction_names_the_tier_that_it_corrects_as_the_one_before() -> None:
    facts = stated(replace(OWED, kind="restated", earlier=replace(EARLIER, billing_month=JUNE)))
    assert (facts.previous_tier, facts.terms_before) == (4, EARLIER.terms)


def test_without_an_assessment_before_a_letter_compares_nothing() -> None:
    facts = stated()
    assert (facts.terms_before, facts.earlier) == (None, None)


# Terms of an older agreement


@pytest.mark.parametrize(("until", "kept"), [(GO_LIVE, False), (GO_LIVE + DAY, True), (None, True)])
def test_an_old_term_is_named_while_its_agreement_holds_on_the_day_of_the_settlement(
    until: date | None, kept: bool
) -> None:
    letter = replace(OWED, terms=replace(OWED.terms, monthly_fee_discount_bp=1_200))
    facts = stated(letter, agreements=[legacy(1_200, until=until)])
    assert facts.legacy == ((LegacyTerm("monthly_fee", 1_200, None, "agreement of 2012", until),) if kept else ())


def test_changed_terms_name_the_agreement_whose_end_changed_them() -> None:
    letter = replace(OWED, kind="terms_changed", rate_before=replace(OWED.terms, monthly_fee_discount_bp=1_200))
    facts = stated(letter, agreements=[legacy(1_200, until=GO_LIVE)])
    assert facts.ended_legacy == (LegacyTerm("monthly_fee", 1_200, None, "agreement of 2012", GO_LIVE),)
    assert stated(replace(letter, rate_before=OWED.terms), agreements=[legacy(1_200, until=GO_LIVE)]).ended_legacy == ()


def test_an_agreement_of_another_partner_is_not_named() -> None:
    letter = replace(OWED, terms=replace(OWED.terms, monthly_fee_discount_bp=1_200))
    assert stated(letter, agreements=[replace(legacy(1_200), partner_id="P2")]).legacy == ()


# Benefits with their state


def with_benefit(*tiers: Availability) -> Program:
    return replace(PROGRAM, benefits=(Benefit("mdf", "MDF", "marketing", tiers, ""),))


def test_a_benefit_is_told_as_given_or_on_request_and_never_where_the_source_leaves_it_open() -> None:
    program = with_benefit("unknown", "on_request", "yes")
    assert [benefits_of_tier(program=program, tier=tier) for tier in range(4)] == [
        (),
        (),
        (BenefitFact("mdf", "MDF", "marketing", "on_request"),),
        (BenefitFact("mdf", "MDF", "marketing", "yes"),),
    ]


def test_without_a_tier_there_is_no_benefit() -> None:
    assert benefits_of_tier(program=with_benefit("yes"), tier=0) == ()
    assert stated(replace(OWED, terms=RateTerms(0, 0, 0, None))).benefits == ()


def test_benefits_that_the_tier_before_gave_and_this_one_does_not_have_ended() -> None:
    program = replace(
        PROGRAM,
        benefits=(
            Benefit("given", "Given", "marketing", ("yes", "yes"), ""),
            Benefit("higher", "Higher", "marketing", ("unknown", "yes"), ""),
            Benefit("asked", "Asked", "support", ("on_request", "yes"), ""),
            Benefit("only_asked", "Only asked", "support", ("on_request", "on_request"), ""),
            Benefit("open", "Open", "support", ("unknown", "unknown"), ""),
        ),
    )

    def ended(previous: int | None, tier: int) -> list[str]:
        now = benefits_of_tier(program=program, tier=tier)
        found = benefits_ended(program=program, tier=tier, previous_tier=previous, attributes="", stated=now)
        return [benefit.key for benefit in found]

    assert ended(2, 0) == ["given", "higher", "asked"]
    assert ended(1, 0) == ["given"]
    assert ended(2, 1) == ["higher"]
    assert (ended(1, 2), ended(2, 2), ended(0, 0), ended(None, 0), ended(None, 1)) == ([], [], [], [], [])


def test_a_partner_that_loses_its_last_tier_loses_the_marketing_benefits_of_the_programme() -> None:
    facts = stated(replace(OWED, kind="tier_lowered", terms=RateTerms(0, 0, 0, None), previous_tier=1))
    marketing = [benefit.key for benefit in facts.ended_benefits if benefit.group == "marketing"]
    assert marketing == [
        "marketing_collateral",
        "partner_program_branding",
        "partner_program_certificate",
        "partner_locator",
    ]


def test_a_grace_period_and_the_api_are_not_lost_with_the_last_tier() -> None:
    """A grace period can be granted "right from the beginning", and "resellers have access" to the API."""
    program = replace(
        PROGRAM,
        benefits=tuple(
            Benefit(key, key, "support", ("unknown", "yes"), "") for key in ("grace_period", "api_access", "other")
        ),
    )

    def ended(tier: int) -> list[str]:
        now = benefits_of_tier(program=program, tier=tier)
        found = benefits_ended(program=program, tier=tier, previous_tier=2, attributes="", stated=now)
        return [each.key for each in found]

    assert ended(0) == ["other"]
    assert ended(1) == ["grace_period", "api_access", "other"]


def test_what_a_partner_could_not_have_for_want_of_an_attribute_has_not_ended() -> None:
    given = Benefit("given", "Given", "marketing", ("unknown", "yes"), "", BenefitTerms(only_for="specialised"))
    program = replace(PROGRAM, benefits=(given,))

    def ended(attributes: str) -> list[str]:
        found = benefits_ended(program=program, tier=1, previous_tier=2, attributes=attributes, stated=())
        return [each.key for each in found]

    assert (ended("gold specialised"), ended(""), ended("special")) == (["given"], [], [])


def test_a_letter_has_the_benefits_of_the_tier_in_force_not_of_the_earned_one() -> None:
    program = with_benefit("unknown", "unknown", "yes")
    assert [benefit.key for benefit in stated(program=program).benefits] == ["mdf"]


# The next tier


@pytest.mark.parametrize(
    ("mrr", "expected"),
    [
        (-100_00, NextTierFact(1, 500_00, 600_00)),
        (0, NextTierFact(1, 500_00, 500_00)),
        (499_99, NextTierFact(1, 500_00, 1)),
        (500_00, NextTierFact(2, 2_000_00, 1_500_00)),
        (39_999_99, NextTierFact(6, 40_000_00, 1)),
        (40_000_00, None),
    ],
)
def test_the_next_tier_is_the_first_one_that_revenue_does_not_reach_yet(
    mrr: int, expected: NextTierFact | None
) -> None:
    assert next_tier(program=PROGRAM, mrr_eur_cents=mrr) == expected


def test_a_grant_does_not_bring_the_next_tier_nearer() -> None:
    """The letter's partner is lifted to Tier 3 and has earned Tier 2: what is missing is missing to Tier 3."""
    assert stated().next_tier == NextTierFact(3, 5_000_00, 3_000_00)


def test_a_shorter_table_ends_earlier() -> None:
    shorter = replace(PROGRAM, tiers=PROGRAM.tiers[:2])
    assert next_tier(program=shorter, mrr_eur_cents=2_000_00) is None
    assert next_tier(program=shorter, mrr_eur_cents=1_999_99) == NextTierFact(2, 2_000_00, 1)


@pytest.mark.parametrize(
    ("staff", "cents", "expected"),
    [
        (1, 2_000_00, NextTierFact(2, 2_000_00, 0, (LackFact("certified staff", 2, 1),))),
        (1, 1_999_99, NextTierFact(2, 2_000_00, 1, (LackFact("certified staff", 2, 1),))),
        (2, 1_999_99, NextTierFact(2, 2_000_00, 1)),
        (2, 2_000_00, None),
    ],
)
def test_the_next_tier_has_what_it_needs_beside_revenue(staff: int, cents: int, expected: NextTierFact | None) -> None:
    first, second = PROGRAM.tiers[:2]
    program = replace(PROGRAM, tiers=(first, replace(second, requires=(Need("certified_staff", 2),))))
    assert next_tier(program=program, mrr_eur_cents=cents, used=(("certified_staff", staff),)) == expected


@pytest.mark.parametrize(("left_on", "one"), [(date(2015, 6, 1), True), (date(2015, 6, 2), False), (None, False)])
def test_one_entity_is_one_that_belongs_to_the_company_in_the_month(left_on: date | None, one: bool) -> None:
    own = Entity("NL", "Hosting NL", "NL", "EUR", "Europe/Amsterdam", date(2010, 1, 1))
    other = replace(own, entity="DE", left_on=left_on)
    known = replace(registry(), entities=(own, other))
    ((_, facts),) = facts_of_letters(owed=[OWED], registry=known, programs=[PROGRAM])
    assert facts.one_entity is one


def test_a_letter_states_which_accounts_moved_since_the_count_before() -> None:
    def account(number: int, cents: int) -> AccountFact:
        return AccountFact("NL", "Hosting NL", f"A{number}", "EUR", cents, "1", cents)

    before = tuple(account(number, 100_00) for number in range(8))
    now = tuple(account(number, 100_00 - number * 100) for number in range(8))
    earlier = stated(replace(OWED, accounts=now, earlier=replace(EARLIER, accounts=before))).earlier
    assert earlier is not None
    assert [(each.account_id, each.moved_cents) for each in earlier.moves] == [
        (f"A{number}", -number * 100) for number in (7, 6, 5, 4, 3)
    ]
    assert (earlier.other_moves, earlier.other_moves_cents) == (2, -3_00)


def test_in_the_same_tier_no_benefit_ends() -> None:
    assert stated(replace(OWED, previous_tier=OWED.terms.tier)).ended_benefits == ()


# Where tiers change by rules of their own

REVIEWED = replace(PROGRAM, changes=Changes("review", "review", (12,), drop_after_months=3))


def test_a_tier_that_is_kept_says_what_it_waits_for_and_in_which_month_it_is_reviewed() -> None:
    """A month is reviewed in the one after it: December in January."""
    facts = stated(replace(OWED, merit=Merit(3, 2, 1)), program=REVIEWED)
    assert facts.stays == StaysFact(3, 2, "review_after", "2016-01", 3, 1)
    assert (facts.merit_tier, facts.rises_in) == (3, "2016-01")


def test_a_tier_that_waits_for_no_review_names_none() -> None:
    patient = replace(PROGRAM, changes=Changes("monthly", "monthly", drop_after_months=3))
    facts = stated(replace(OWED, merit=Merit(3, 2, 1)), program=patient)
    assert facts.stays == StaysFact(3, 2, "months", None, 3, 1)
    assert facts.rises_in is None, "a rise waits for nothing"


def test_a_tier_as_earned_stays_for_no_reason() -> None:
    facts = stated(replace(OWED, merit=Merit(2, 2)), program=REVIEWED)
    assert (facts.stays, facts.merit_tier) == (None, 2)
    plain = stated()
    assert (plain.stays, plain.merit_tier, plain.rises_in) == (None, None, None)


# A partner's own benefits

SEEDING = Benefit(
    "seeding_options",
    "Seeding Options",
    "marketing",
    ("on_request",) * 6,
    "",
    BenefitTerms(days=30, days_ahead=14, link="https://hosting.example/seeding"),
)
UNTIL = date(2015, 12, 1)


def of_request(state: RequestState, since: date) -> Standing:
    request = BenefitRequest("R1", "P1", SEEDING.key, ())
    return Standing(request, state, quantity=5, amount_cents=1_000_00, valid_from=since, valid_to=UNTIL)


def benefit_state(**changed: Any) -> BenefitState:
    state = BenefitState(SEEDING, "on_request", "on_request", (), (), (), (), units=None, limit=None, incidents=None)
    return replace(state, **changed)


def test_a_letter_states_each_approval_one_that_begins_later_with_its_first_day() -> None:
    begun, later = of_request("in_force", GO_LIVE - DAY), of_request("upcoming", GO_LIVE + DAY)
    (fact,) = benefits_stated(
        [benefit_state(status="in_force", in_force=(begun,), upcoming=(later,), limit=10, incidents=3)], tier=2
    )
    assert fact == BenefitFact(
        SEEDING.key,
        SEEDING.name,
        "marketing",
        "on_request",
        approvals=(ApprovalFact(None, UNTIL, 5, 1_000_00), ApprovalFact(GO_LIVE + DAY, UNTIL, 5, 1_000_00)),
        limit=10,
        incidents=3,
        days=30,
        days_ahead=14,
        link="https://hosting.example/seeding",
    )


def test_what_is_included_needs_neither_agreement_nor_approval_nor_request() -> None:
    known = {
        "kept": (legacy(100),),
        "in_force": (of_request("in_force", GO_LIVE),),
        "requested": (of_request("requested", GO_LIVE),),
    }
    included, asked = benefits_stated(
        [benefit_state(status="included", **known), benefit_state(status="in_force", **known)], tier=2
    )
    assert (included.availability, included.kept, included.approvals, included.requested) == ("yes", False, (), False)
    assert (asked.availability, asked.kept, asked.requested) == ("on_request", True, True)


def test_without_a_tier_what_may_only_be_asked_for_is_left_to_a_sentence() -> None:
    states = [benefit_state(), benefit_state(status="in_force"), benefit_state(status="included")]
    assert [len(benefits_stated(states, tier=tier)) for tier in (0, 1)] == [2, 3]
