"""Writes what accepting a restatement does as JSON: basis points, ISO days, null for a missing value."""

import json

from partner_program.adapters.reports.plain_values import plain
from partner_program.domain.acceptance import Consequence, Outlook
from partner_program.domain.rates import Rate


def outlook_json(outlook: Outlook) -> str:
    """Return the outlook as JSON for programs; where it is refused, the differences stand without consequences."""
    facts = {
        "billing_month": plain(outlook.proposal.billing_month),
        "revision": outlook.proposal.revision,
        "effective_on": plain(outlook.day),
        "refused": outlook.refused,
        "differences": outlook.proposal.differences,
        "partners": [_consequence(each) for each in outlook.consequences],
    }
    return json.dumps(facts, ensure_ascii=False, indent=1) + "\n"


def _consequence(consequence: Consequence) -> dict[str, object]:
    return {
        "partner_id": consequence.partner_id,
        "record": plain(consequence.record),
        "rate": _rate(consequence.rate),
        "rate_before": _rate(consequence.rate_before),
        "rate_decided_by": plain(consequence.decided_by),
        "letter": consequence.letter,
        **({"counted_by": plain(consequence.counted_by)} if consequence.counted_by else {}),
    }


def _rate(rate: Rate | None) -> dict[str, object] | None:
    if rate is None:
        return None
    terms = rate.terms
    return {
        "valid_from": plain(rate.valid_from),
        "tier": terms.tier,
        "monthly_fee_discount_bp": terms.monthly_fee_discount_bp,
        "setup_fee_discount_bp": terms.setup_fee_discount_bp,
        "sla": terms.sla,
    }
