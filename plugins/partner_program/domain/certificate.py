"""The Partner Program Certificate and the badge for a website (rule 10): who gets one, and the facts that it states.

Partners show them to their own customers. Both state the same, under the same number.
"""

import hashlib
from dataclasses import astuple, dataclass, replace
from datetime import date
from typing import Literal

from partner_program.domain.program import Program
from partner_program.domain.rates import Rate
from partner_program.domain.refusals import NotAuthorized, NotDefined
from partner_program.domain.registry import AUTHORIZED, Partner

Document = Literal["certificate", "badge"]
BENEFITS: dict[Document, str] = {"certificate": "partner_program_certificate", "badge": "partner_program_branding"}
"""The benefit that gives each."""
_DIGITS = 8


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """Everything that a certificate or a badge states; `valid_from` is the first day of the rate behind it.

    `tier_name` is the tier's own name, "" where it is told by its number.
    """

    partner_id: str
    company_name: str
    language: str
    tier: int
    sla: str | None
    valid_from: date
    authorized_on: date | None
    tier_name: str = ""

    @property
    def number(self) -> str:
        """Partner, first day and a digest of all that the certificate states; the same in every language."""
        *others, name = astuple(replace(self, language=""))
        stated = repr(tuple(others + [name] * bool(name)))
        digest = hashlib.sha256(stated.encode()).hexdigest()
        return f"{self.partner_id}-{self.valid_from:%Y%m%d}-{digest[:_DIGITS].upper()}"


def why_no_document(
    document: Document, *, partner: Partner, rate: Rate | None, program: Program, day: date
) -> str | None:
    """Return why a partner gets no certificate or badge on a day, in the words of the refusal, or None."""
    try:
        certificate_facts(partner=partner, rate=rate, program=program, day=day, document=document)
    except (NotAuthorized, NotDefined) as refusal:
        return str(refusal)
    return None


def certificate_facts(
    *, partner: Partner, rate: Rate | None, program: Program, day: date, document: Document = "certificate"
) -> CertificateFacts:
    """Return what a partner's certificate or badge states on a day; refuse it where the programme gives none."""
    who = f"partner {partner.partner_id}"
    if partner.status != AUTHORIZED:
        raise NotAuthorized(f"{who} is {partner.status}: only authorised partners get a {document}")
    if partner.authorized_on is not None and day < partner.authorized_on:
        raise NotAuthorized(f"{who} is authorised from {partner.authorized_on}, not yet on {day}: no {document}")
    if rate is None:
        raise NotDefined(f"{who} has no tier on {day}: no month was assessed and no grant made")
    if rate.terms.tier == 0:
        first = program.tier_name(1) or "Tier 1"
        raise NotDefined(f"{who} is in no tier on {day}: the {document} begins with {first}")
    benefit = next((each for each in program.benefits if each.key == BENEFITS[document]), None)
    if benefit is None or benefit.of_tier(rate.terms.tier) != "yes":
        tier = program.tier_name(rate.terms.tier) or f"Tier {rate.terms.tier}"
        raise NotDefined(f"{who}: the programme file gives no {document} in {tier} on {day}")
    if not benefit.terms.are_for(partner.attributes):
        raise NotDefined(f"{who}: the {document} is only for partners with the attribute {benefit.terms.only_for}")
    return CertificateFacts(
        partner_id=partner.partner_id,
        company_name=partner.company_name,
        language=partner.language,
        tier=rate.terms.tier,
        sla=rate.terms.sla,
        valid_from=rate.valid_from,
        authorized_on=partner.authorized_on,
        tier_name=program.tier_name(rate.terms.tier),
    )
