"""Facts of any shape whose accounts add up, drawn at random."""

from dataclasses import replace
from datetime import date, timedelta
from string import ascii_uppercase, digits
from typing import Any, get_args

from hypothesis import strategies as st

from partner_program.domain.letters import (
    AccountFact,
    GraceFact,
    LackFact,
    LetterFacts,
    LetterKind,
    NextTierFact,
    RatesFact,
    RevenueFact,
)
from partner_program.domain.program import SLA_LEVELS
from partner_program.domain.rates import LegacyTerm, RateTerms
from tests.letters.made_facts import BENEFITS, account, earlier, facts

CENTS = st.integers(-99_999_999, 9_999_999_999)
DAYS = st.dates(date(2015, 7, 27), date(2035, 12, 31))
NAMES = st.text(max_size=40)


def billed(entity: str, account_id: str, currency: str, minor: int, rate: str, cents: int) -> AccountFact:
    """An account with these amounts; one in EUR has the same twice, as no rate converts it."""
    if currency == "EUR":
        return account(entity, account_id, currency, cents, "1", cents)
    return account(entity, account_id, currency, minor, rate, cents)


ACCOUNTS = st.lists(
    st.builds(
        billed,
        st.sampled_from(["NL", "DE", "US", "SG"]),
        st.builds(
            "{}-{}".format, st.text(ascii_uppercase, min_size=1, max_size=3), st.text(digits, min_size=1, max_size=8)
        ),
        st.sampled_from(["EUR", "USD", "JPY"]),
        CENTS,
        st.integers(1_000_000, 999_999_999).map(lambda millionths: f"{millionths // 10**6}.{millionths % 10**6:06}"),
        CENTS,
    ),
    max_size=8,
    unique_by=lambda row: (row.entity, row.account_id, row.currency),
)
GRANTS = st.lists(
    st.builds(
        lambda tier, start, length, outcome: GraceFact(tier, start, start + timedelta(length), outcome),
        st.integers(1, 6),
        DAYS,
        st.integers(1, 700),
        st.sampled_from([None, "confirmed", "lapsed"]),
    ),
    max_size=3,
)
TERMS_BEFORE = st.builds(
    RateTerms,
    st.integers(0, 6),
    st.integers(0, 10_000),
    st.integers(0, 10_000),
    st.none() | st.sampled_from(SLA_LEVELS),
)
GIVEN = [benefit for benefit in BENEFITS if benefit.availability == "yes"]
LEGACY = st.lists(
    st.one_of(
        st.builds(
            LegacyTerm,
            st.sampled_from(["monthly_fee", "setup_fee"]),
            st.integers(0, 10_000),
            st.none(),
            NAMES,
            st.none() | DAYS,
        ),
        st.builds(LegacyTerm, st.just("sla"), st.none(), st.sampled_from(SLA_LEVELS), NAMES, st.none() | DAYS),
    ),
    max_size=3,
    unique_by=lambda row: row.component,
)


@st.composite
def random_facts(draw: st.DrawFn) -> LetterFacts:
    """Facts of any shape whose accounts add up."""
    accounts = tuple(sorted(draw(ACCOUNTS), key=lambda row: row.entity))
    # most accounts were there before, with another amount: they rise and fall; the others come and go
    there = [replace(row, mrr_eur_cents=draw(CENTS)) for row in accounts if draw(st.booleans())]
    known = {(row.entity, row.account_id) for row in accounts}
    gone = [row for row in draw(ACCOUNTS) if (row.entity, row.account_id) not in known]
    before = tuple(sorted([*there, *gone], key=lambda row: row.entity))
    threshold = draw(st.integers(50_000, 4_000_000))
    changes: dict[str, Any] = {
        "kind": draw(st.sampled_from(get_args(LetterKind))),
        "company_name": draw(NAMES),
        "contact_names": tuple(draw(st.lists(NAMES, max_size=3))),
        "effective_on": draw(DAYS),
        "rate_valid_from": draw(DAYS),
        "previous_tier": draw(st.none() | st.integers(0, 6)),
        "earned_tier": draw(st.integers(0, 6)),
        "granted_tier": draw(st.none() | st.integers(1, 6)),
        "mrr_eur_cents": sum(row.mrr_eur_cents for row in accounts),
        "accounts": accounts,
        "terms_before": draw(st.none() | TERMS_BEFORE),
        "earlier": draw(st.sampled_from([None, earlier("2015-07", before, accounts)])),
        "grants": tuple(draw(GRANTS)),
        "legacy": tuple(draw(LEGACY)),
        "ended_legacy": tuple(draw(LEGACY)),
        "ended_benefits": tuple(draw(st.lists(st.sampled_from(GIVEN), unique=True))),
        "benefits": tuple(draw(st.lists(st.sampled_from(BENEFITS), unique=True))),
        "next_tier": draw(st.none() | st.builds(NextTierFact, st.integers(1, 6), st.just(threshold), CENTS)),
        "rates": draw(
            st.none()
            | st.builds(RatesFact, st.just("2015-07"), CENTS, st.integers(0, 6), st.integers(0, 6), holds=st.booleans())
        ),
        "revenue": draw(
            st.none()
            | st.builds(
                RevenueFact,
                st.integers(1, 6),
                st.lists(
                    st.builds(LackFact, st.just("certified staff"), st.integers(1, 99), st.integers(0, 98)),
                    min_size=1,
                    max_size=2,
                ).map(tuple),
            )
        ),
        "manager_name": draw(NAMES),
        "manager_phone": draw(st.sampled_from(["", "+31 20 555 0142"])),
    }
    return replace(
        facts(tier=draw(st.integers(0, 6))),
        monthly_fee_discount_bp=draw(st.integers(0, 10_000)),
        setup_fee_discount_bp=draw(st.integers(0, 10_000)),
        **changes,
    )
