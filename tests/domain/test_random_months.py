"""Properties of a settled month in random worlds: no line is lost, sums are exact, and a fault lowers nobody."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from partner_program.domain.registry import AccountLink, Partner
from partner_program.domain.revenue import EntityRevenue, FaultyLine, MrrGroup
from partner_program.domain.settlement import Decision, PartnerHistory, Settlement
from tests.domain.made_month import billed, entity, faulty, grant, link, partner, settled

CODES = ("NL", "US", "UK")
ACCOUNTS = ("A1", "A2", "A3", "A4")
PARTNERS = ("P1", "P2", "P3")
RATES = {"USD": Decimal("1.078805"), "GBP": Decimal("0.727303")}
COUNTED = ("recurring", "usage", "credit")

AMOUNTS = st.one_of(st.integers(-10_000_00, 60_000_00), st.sampled_from([199_999, 200_000, 1, -1, 50_000]))
LINES = st.builds(
    MrrGroup,
    st.sampled_from((*ACCOUNTS, "A9")),
    st.sampled_from(("EUR", "USD", "GBP")),
    st.sampled_from((*COUNTED, *COUNTED, "setup", "tax", "goodwill")),
    st.sampled_from(("posted", "posted", "posted", "draft", "void")),
    st.sampled_from((1, 1, 3, 12, 36, 7)),
    st.integers(0, 30),
    st.integers(1, 3),
    AMOUNTS,
    way=st.just("term"),
    period_days=st.just(0),
    term_amount_minor=st.just(0),
)
FAULTY = st.builds(
    faulty,
    st.one_of(st.none(), AMOUNTS),
    account_id=st.sampled_from(ACCOUNTS),
    status=st.sampled_from(("posted", "draft")),
)


@dataclass(frozen=True)
class World:
    """The inputs of a month; each entity bills, some partners are not authorised, some accounts have two partners."""

    groups: dict[str, list[MrrGroup]]
    faulty_lines: dict[str, list[FaultyLine]]
    partners: list[Partner]
    links: list[AccountLink]
    histories: dict[str, PartnerHistory]

    def revenues(self, codes: Sequence[str] = CODES) -> list[EntityRevenue]:
        return [billed(*self.groups[code], code=code, faulty_lines=self.faulty_lines[code]) for code in codes]

    def settle(self, revenues: Sequence[EntityRevenue]) -> Settlement:
        everywhere = [entity(code) for code in CODES]
        return settled(
            *revenues,
            partners=self.partners,
            links=self.links,
            rates=RATES,
            entities=everywhere,
            histories=self.histories,
        )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    statuses = st.sampled_from(("authorized", "authorized", "authorized", "suspended"))
    owners = st.lists(st.sampled_from(PARTNERS), max_size=2)
    histories = st.builds(
        PartnerHistory,
        previous_tier=st.integers(0, 6),
        open_grants=st.sampled_from([(), (grant(4, date(2015, 6, 1), date(2015, 9, 1)),)]),
    )
    return World(
        groups={code: draw(st.lists(LINES, max_size=4)) for code in CODES},
        faulty_lines={code: draw(st.lists(FAULTY, max_size=1)) for code in CODES},
        partners=[partner(partner_id, draw(statuses)) for partner_id in PARTNERS],
        links=[link(owner, account, code) for code in CODES for account in ACCOUNTS for owner in draw(owners)],
        histories={partner_id: draw(histories) for partner_id in PARTNERS},
    )


def by_partner(settlement: Settlement) -> dict[str, Decision]:
    return {decision.partner_id: decision for decision in settlement.decisions}


@given(worlds())
@settings(max_examples=25, deadline=None)
def test_for_each_entity_and_currency_all_lines_read_are_in_exactly_one_bucket(world: World) -> None:
    lines, amounts = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for code in CODES:
        for group in world.groups[code]:
            lines[code, group.currency] += group.lines
            amounts[code, group.currency] += group.net_amount_minor
        for row in world.faulty_lines[code]:
            lines[code, row.currency] += 1
            amounts[code, row.currency] += row.net_amount_minor or 0
    put_lines, put_amounts = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    buckets = world.settle(world.revenues()).totals.buckets
    for bucket in buckets:
        put_lines[bucket.entity, bucket.currency] += bucket.lines
        put_amounts[bucket.entity, bucket.currency] += bucket.net_amount_minor
    assert (dict(put_lines), dict(put_amounts)) == (dict(lines), dict(amounts))
    assert len({row[:3] for row in buckets}) == len(buckets)


@given(worlds())
@settings(max_examples=25, deadline=None)
def test_each_total_is_the_sum_of_exact_shares_rounded_once_an_account_and_currency(world: World) -> None:
    owners: dict[tuple[str, str], set[str]] = {}
    for each in world.links:
        owners.setdefault((each.entity, each.account_id), set()).add(each.partner_id)
    shares: dict[tuple[str, str, str], Fraction] = {}
    for code in CODES:
        for group in world.groups[code]:
            if group.charge_kind in COUNTED and group.document_status == "posted":
                key = (code, group.account_id, group.currency)
                share = Fraction(group.net_amount_minor * group.covered_days, group.term_months * 30)
                shares[key] = shares.get(key, Fraction(0)) + share / Fraction(RATES.get(group.currency, Decimal(1)))
    for partner_id, decision in by_partner(world.settle(world.revenues())).items():
        mine = [share for (code, account, _), share in shares.items() if owners.get((code, account)) == {partner_id}]
        assert decision.mrr_eur_cents == sum(half_away(share) for share in mine)


def half_away(exact: Fraction) -> int:
    whole = int(abs(exact) + Fraction(1, 2))
    return whole if exact > 0 else -whole


@given(worlds(), st.sets(st.sampled_from(CODES)))
@settings(max_examples=40, deadline=None)
def test_losing_any_entities_holds_their_partners_and_changes_nobody_else(world: World, lost: set[str]) -> None:
    """A missing entity never lowers a partner: each decision that is made is the same as without the fault."""
    whole, partial = (
        world.settle(world.revenues()),
        world.settle(world.revenues([code for code in CODES if code not in lost])),
    )
    touched = {each.partner_id for each in world.links if each.entity in lost}
    assert by_partner(partial) == {
        partner_id: decision for partner_id, decision in by_partner(whole).items() if partner_id not in touched
    }
    authorized = {each.partner_id for each in world.partners if each.status == "authorized"}
    assert {held.partner_id for held in partial.totals.held} >= authorized & touched


@given(worlds(), st.sampled_from(CODES), FAULTY)
@settings(max_examples=25, deadline=None)
def test_a_row_at_fault_holds_at_most_the_partner_of_its_account(world: World, code: str, row: FaultyLine) -> None:
    before = by_partner(world.settle(world.revenues()))
    world.faulty_lines[code].append(row)
    after = by_partner(world.settle(world.revenues()))
    owners = {each.partner_id for each in world.links if (each.entity, each.account_id) == (code, row.account_id)}
    assert before.keys() - after.keys() <= owners
    assert after == {partner_id: before[partner_id] for partner_id in after}


@given(worlds(), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_order_of_lines_entities_links_and_partners_does_not_matter(world: World, random: Random) -> None:
    before = world.settle(world.revenues())
    for groups in world.groups.values():
        random.shuffle(groups)
    random.shuffle(world.links)
    random.shuffle(world.partners)
    revenues = world.revenues()
    random.shuffle(revenues)
    after = world.settle(revenues)
    assert after.decisions == before.decisions
    assert after.totals.buckets == before.totals.buckets
    assert after.totals.unmatched == before.totals.unmatched


@given(worlds(), st.data())
@settings(max_examples=25, deadline=None)
def test_a_group_cut_in_two_counts_as_before(world: World, data: st.DataObject) -> None:
    before = world.settle(world.revenues())
    for code in CODES:
        cut = []
        for group in world.groups[code]:
            part = data.draw(st.integers(-10_000_00, 60_000_00))
            cut.append(group._replace(net_amount_minor=part, lines=0))
            cut.append(group._replace(net_amount_minor=group.net_amount_minor - part))
        world.groups[code][:] = cut
    assert world.settle(world.revenues()) == before
