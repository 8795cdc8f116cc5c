"""An order's quote for the desk: what can be chosen, and the fees with what each step leaves of the list price."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from partner_program.adapters.database import rates as rate_store
from partner_program.adapters.database import registry as registry_store
from partner_program.domain.quote import Quote, QuoteStep, needs_product, products_of_order, shares_left, terms_of_order
from partner_program.domain.rates import Rate
from partner_program.domain.registry import Partner
from partner_program.usecases.installation import Installation
from partner_program.usecases.orders import Order, quote_order


@dataclass(frozen=True, slots=True)
class QuoteChoices:
    """What an order of a partner can choose: contract terms in months with their discount, and product families.

    Of a programme without prepayment that is the term of a month, with None for a discount.
    """

    partner: Partner
    terms: tuple[tuple[int, int | None], ...]
    products: tuple[str, ...]
    may_shorten: bool
    needs_product: bool = False


@dataclass(frozen=True, slots=True)
class QuoteFound:
    """An order's quote; with each step stands what it leaves of its fee's list price, in basis points."""

    priced: Quote
    rate: Rate
    monthly_steps: tuple[tuple[QuoteStep, Fraction], ...]
    setup_steps: tuple[tuple[QuoteStep, Fraction], ...]
    has_sla: bool


def quote_choices(installation: Installation, partner_id: str, *, on: date) -> QuoteChoices:
    """What can be chosen on a day; raises `NotThere` for a partner that is not in the registry.

    Families of the rate in force can be chosen too: it may be older than the programme of that day.
    """
    with installation.database.reading() as connection:
        partner = registry_store.find_partner(connection, partner_id)
        rate = rate_store.rate_on(connection, partner_id, on)
    program = installation.program_on_or_first(on)
    terms = rate.terms if rate else None
    return QuoteChoices(
        partner,
        tuple(terms_of_order(program).items()),
        products_of_order(program, terms),
        program.shortening is not None,
        needs_product(program, terms),
    )


def quote_with_steps(installation: Installation, order: Order) -> QuoteFound:
    """The quote that `quote` gives, step by step; refused where the partner has no rate on the order's day."""
    priced, rate = quote_order(installation, order)
    program = installation.program_on(order.placed_on)
    monthly = [step for step in priced.steps if step.component == "monthly_fee"]
    setup = [step for step in priced.steps if step.component == "setup_fee"]
    return QuoteFound(
        priced=priced,
        rate=rate,
        monthly_steps=tuple(zip(monthly, shares_left(program, monthly), strict=True)),
        setup_steps=tuple(zip(setup, shares_left(program, setup), strict=True)),
        has_sla=program.has("sla") or rate.terms.sla is not None,
    )
