"""Quotes an order with the rate in force on the day on which it is placed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from partner_program.adapters.database import rates as rate_store
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.in_unit import in_unit
from partner_program.domain.families import families_of
from partner_program.domain.program import Component
from partner_program.domain.quote import Quote, quote
from partner_program.domain.rates import Rate, legacy_kept
from partner_program.domain.rates_taking_force import ended_ahead
from partner_program.domain.refusals import NotAuthorized, NotDefined
from partner_program.domain.registry import AUTHORIZED, LegacyAgreement
from partner_program.usecases.installation import Installation


@dataclass(frozen=True, slots=True)
class Order:
    """What a partner wants to order: list prices in cents, public discounts in basis points."""

    partner_id: str
    placed_on: date
    monthly_list_cents: int
    setup_list_cents: int
    term_months: int
    website_bp: int = 0
    promotion_bp: int = 0
    product: str | None = None
    shortened_from_months: int | None = None


def quote_order(installation: Installation, order: Order) -> tuple[Quote, Rate]:
    """Return an order's fees and the rate that they come from; refused where the partner has no rate on that day.

    A partner that is not authorised any more had one until the day on which its rates ended.
    """
    program = installation.program_on(order.placed_on)
    with installation.database.reading() as connection:
        partner = registry_store.find_partner(connection, order.partner_id)
        rate = rate_store.rate_on(connection, order.partner_id, order.placed_on)
        if partner.status != AUTHORIZED and not _ends_later(connection, order, rate):
            raise NotAuthorized(
                f"partner {order.partner_id} is {partner.status}: only authorised partners get the programme's rates"
            )
        agreements = registry_store.agreements_of(connection, order.partner_id)
    if rate is None:
        raise NotDefined(
            f"partner {order.partner_id} has no rate on {order.placed_on}: no month was assessed and no grant made"
        )
    priced = quote(
        program=program,
        terms=rate.terms,
        legacy=legacy_components(installation, rate, agreements, order.product),
        monthly_list_cents=program.unit.of_orders.of_hundredths(order.monthly_list_cents),
        setup_list_cents=program.unit.of_orders.of_hundredths(order.setup_list_cents),
        term_months=order.term_months,
        website_bp=order.website_bp,
        promotion_bp=order.promotion_bp,
        product=order.product,
        shortened_from_months=order.shortened_from_months,
        tier_name=installation.tier_names.on(rate.valid_from, rate.terms.tier),
    )
    return priced, rate


def quote_file(installation: Installation, order: Order) -> str:
    """What an order costs, as JSON: fees in cents, rounded once, and each step in basis points."""
    priced, rate = quote_order(installation, order)
    steps = [{"component": step.component, "rule": step.rule, "bp": step.bp} for step in priced.steps]
    answer = {
        "monthly_fee_cents": priced.monthly_fee_cents,
        "setup_fee_cents": priced.setup_fee_cents,
        "steps": steps,
        "rate_valid_from": rate.valid_from.isoformat(),
    }
    unit = installation.program_on(order.placed_on).unit.of_orders
    return json.dumps(in_unit(answer, unit), indent=1) + "\n"


def legacy_components(
    installation: Installation, rate: Rate, agreements: Sequence[LegacyAgreement], product: str | None = None
) -> frozenset[Component]:
    """The components of a rate that came from an older agreement when the rate was written.

    Of an order of a product family with a discount of its own, that of the family counts.
    """
    program = installation.program_on(rate.valid_from)
    kept = legacy_kept(program=program, terms=rate.terms, agreements=agreements, day=rate.valid_from)
    own = product if product in families_of(rate.terms.families) else None
    return frozenset(each.component for each in kept if each.component != "monthly_fee" or each.product == own)


def _ends_later(connection: Connection, order: Order, rate: Rate | None) -> bool:
    """Whether a partner that is not authorised any more had a rate on the order's day, before its rates ended."""
    if rate is None or rate.terms.gives_nothing:
        return False
    return bool(ended_ahead(rate_store.rates_after(connection, order.placed_on, order.partner_id)))
