"""The certificate: who gets one, and that its number changes with the facts that it states."""

from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from partner_program.adapters.files.program import load_program
from partner_program.domain.certificate import BENEFITS, CertificateFacts, Document, certificate_facts
from partner_program.domain.program import BenefitTerms, Program
from partner_program.domain.rates import Rate, RateTerms
from partner_program.domain.refusals import NotAuthorized, NotDefined
from partner_program.domain.registry import Partner

PROGRAM = load_program(Path(__file__).parents[2] / "include/program/2015-07-27.yaml")
PARTNER = Partner(
    "P1", "Noordzee Hosting B.V.", "authorized", "nl", "NL", "", "", "", "", "M1", authorized_on=date(2015, 7, 1)
)
RATE = Rate(date(2015, 9, 1), RateTerms(3, 1200, 3500, "Gold"))
DAY = date(2015, 10, 1)


def certified(
    partner: Partner = PARTNER,
    rate: Rate | None = RATE,
    program: Program = PROGRAM,
    document: Document = "certificate",
) -> CertificateFacts:
    return certificate_facts(partner=partner, rate=rate, program=program, day=DAY, document=document)


def in_tier(tier: int) -> Rate:
    return Rate(RATE.valid_from, RateTerms(tier, 0, 0, None))


def test_it_states_the_tier_and_the_service_level_of_the_rate_and_its_first_day() -> None:
    stated = certified()

    assert (stated.company_name, stated.tier, stated.sla) == ("Noordzee Hosting B.V.", 3, "Gold")
    assert (stated.valid_from, stated.authorized_on) == (date(2015, 9, 1), date(2015, 7, 1))


@pytest.mark.parametrize("tier", range(1, 7))
def test_every_tier_of_the_source_has_a_certificate(tier: int) -> None:
    assert certified(rate=in_tier(tier)).tier == tier


def test_no_tier_has_no_certificate() -> None:
    with pytest.raises(NotDefined, match="partner P1 is in no tier on 2015-10-01"):
        certified(rate=in_tier(0))


def test_a_partner_that_was_never_assessed_has_none() -> None:
    with pytest.raises(NotDefined, match="no month was assessed"):
        certified(rate=None)


@pytest.mark.parametrize("status", ["applied", "suspended", "ended"])
def test_only_an_authorised_partner_has_one(status: str) -> None:
    with pytest.raises(NotAuthorized, match=f"partner P1 is {status}"):
        certified(replace(PARTNER, status=status))


def test_there_is_none_for_a_day_before_the_authorisation() -> None:
    with pytest.raises(NotAuthorized, match="authorised from 2015-10-02"):
        certified(replace(PARTNER, authorized_on=date(2015, 10, 2)))


@pytest.mark.parametrize(("document", "other"), [("certificate", "badge"), ("badge", "certificate")])
def test_a_programme_that_gives_the_benefit_from_a_higher_tier_on_is_obeyed(
    document: Document, other: Document
) -> None:
    later = tuple(
        replace(each, tiers=("unknown",) * 3 + ("yes",) * 3) if each.key == BENEFITS[document] else each
        for each in PROGRAM.benefits
    )

    with pytest.raises(NotDefined, match=f"no {document} in Tier 3"):
        certified(program=replace(PROGRAM, benefits=later), document=document)
    assert certified(rate=in_tier(4), program=replace(PROGRAM, benefits=later), document=document).tier == 4
    assert certified(program=replace(PROGRAM, benefits=later), document=other).tier == 3


def test_one_that_is_only_for_some_is_for_nobody_else() -> None:
    gold = tuple(
        replace(each, terms=BenefitTerms(only_for="gold")) if each.key == BENEFITS["badge"] else each
        for each in PROGRAM.benefits
    )
    with pytest.raises(NotDefined, match="the badge is only for partners with the attribute gold"):
        certified(program=replace(PROGRAM, benefits=gold), document="badge")
    assert certified(
        replace(PARTNER, attributes="gold"), program=replace(PROGRAM, benefits=gold), document="badge"
    ).tier


def test_certificate_and_badge_state_the_same_under_one_number() -> None:
    assert certified(document="badge") == certified()


def test_another_fact_is_another_number_and_another_language_is_not() -> None:
    stated = certified()
    others = [
        replace(stated, tier=4),
        replace(stated, sla=None),
        replace(stated, company_name="Noordzee B.V."),
        replace(stated, authorized_on=None),
    ]

    assert replace(stated, language="de").number == stated.number
    assert len({stated.number, *(each.number for each in others)}) == 5
    assert stated.number.startswith("P1-20150901-")


def test_it_is_in_the_partners_language_and_there_from_the_very_day_of_the_authorisation() -> None:
    assert certified(replace(PARTNER, authorized_on=DAY)).language == "nl"


def test_a_number_that_was_given_out_stays_the_same() -> None:
    stated = "('P1', 'Noordzee Hosting B.V.', '', 3, 'Gold', datetime.date(2015, 9, 1), datetime.date(2015, 7, 1))"
    assert certified().number == f"P1-20150901-{sha256(stated.encode()).hexdigest()[:8].upper()}"
