"""A settlement decided again from what was kept with it: the same for ever, and without anybody's name."""

from dataclasses import replace
from datetime import date
from typing import Any

from partner_program.domain.decided_from import (
    DecidedFrom,
    Recomputed,
    RestatedPartner,
    figures_after,
    nameless,
    nameless_histories,
    recompute,
    still_to_end,
)
from partner_program.domain.measure import EarlierMonth
from partner_program.domain.month_order import HISTORY, IN_FORCE
from partner_program.domain.rates import NO_PROGRAMME_RATE, Rate, RateTerms
from partner_program.domain.rates_taking_force import RateAhead
from partner_program.domain.registry import Registry
from partner_program.domain.restatement import Figures, figures_of
from partner_program.domain.settlement import NO_HISTORY, Decision, keep_rate
from tests.domain.made_month import GO_LIVE, JUNE, PROGRAM, entity, grant, legacy, link, partner
from tests.domain.two_days import (
    AGREEMENTS,
    AUGUST_10,
    BASIS,
    DAYS,
    EARLIER,
    ENTITIES,
    HELD,
    HISTORIES,
    LATE,
    LINES,
    LINKS,
    MAY,
    RATES,
    REVENUES,
    SILVER,
    STRICT,
    alone,
)

FILES = {"2015": PROGRAM, "strict": STRICT}
KEPT = DecidedFrom(
    month=JUNE,
    status=IN_FORCE,
    migration=False,
    effective_on=AUGUST_10,
    entities=tuple(ENTITIES),
    partners=tuple(partner(each) for each in LINES),
    links=tuple(LINKS),
    agreements=tuple(each for own in AGREEMENTS.values() for each in own),
    rates=RATES,
    doubtful_rates={},
    entity_faults={},
    effective=DAYS,
    histories=HISTORIES,
    programs={GO_LIVE: "2015", AUGUST_10: "strict"},
    late=tuple(LATE),
    basis=BASIS,
    held=HELD,
    earlier={each: tuple(months) for each, months in EARLIER.items()},
)


def again(assigned: dict[str, Figures] | None = None, *, is_first: bool = True, **changed: Any) -> Recomputed:
    return recompute(
        replace(KEPT, **changed), revenues=REVENUES, programs=FILES, assigned=assigned or {}, is_first=is_first
    )


def as_settled(partner_id: str, *, migration: bool = False) -> Decision:
    decision = alone(partner_id, migration=migration)
    return keep_rate(decision, rate=SILVER) if partner_id in LATE else decision


def test_each_partner_comes_out_as_it_was_settled_on_its_own_day() -> None:
    found = again()
    assert found.decisions == tuple(as_settled(each) for each in LINES)
    assert again(migration=True).decisions == tuple(as_settled(each, migration=True) for each in LINES)
    assert found.rises == {}
    new = {each.partner_id: each.rate for each in found.decisions if each.rate_is_new}
    assert dict(found.rates) == new


def test_a_later_settlement_of_the_month_decides_those_who_had_no_decision_yet() -> None:
    first = again()
    before = {each.partner_id: figures_of(each) for each in first.decisions if each.partner_id != "P4"}
    later = again(before)
    assert [each.partner_id for each in later.decisions] == ["P4"]
    assert [partner_id for partner_id, _ in later.rates] == ["P4"]
    assert figures_after(before, later.decisions) == {each.partner_id: figures_of(each) for each in first.decisions}


def test_a_month_that_is_history_has_totals_and_tiers_and_puts_nothing_in_force() -> None:
    """The rules for changes of tier are not asked, and a window that lacks a month holds nobody."""
    lacks = {"P2": (EarlierMonth(MAY, None, "held"),)}
    found = again(status=HISTORY, earlier=lacks, ending={"P9": SILVER})
    assert (found.rates, found.rises, found.totals.held) == ((), {}, ())
    told = {each.partner_id: (each.mrr_eur_cents, each.tier, each.merit, each.rate) for each in found.decisions}
    assert told["P7"] == (1_00, 0, None, None)
    assert told["P2"] == (6_000_00, None, None, None), "its amount is not known"
    held = again(earlier=lacks)
    assert [each.partner_id for each in held.totals.held] == ["P2"]
    assert again({"P2": figures_of(as_settled("P2"))}, earlier=lacks).totals.held == (), "it has its decision"


def test_rates_of_partners_that_left_end_with_the_first_settlement_alone() -> None:
    ended = ("P9", Rate(AUGUST_10, NO_PROGRAMME_RATE))
    assert ended in again(ending={"P9": SILVER}).rates
    assert ended not in again(ending={"P9": SILVER}, is_first=False).rates


def test_a_rate_that_begins_later_becomes_that_of_the_tier_decided_now() -> None:
    later = Rate(AUGUST_10, RateTerms(6, 2_500, 10_000, "Platinum"))
    found = again(ahead={"P1": [RateAhead(later, 0)], "P8": [RateAhead(later, 0)]})
    assert ("P1", Rate(AUGUST_10, RateTerms(3, 1_400, 3_500, "Gold"))) in found.rates
    assert "P8" not in dict(found.rates), "a late one keeps what a later month gave"


def test_who_was_restated_is_decided_as_it_was_accepted_and_nobody_else() -> None:
    decided = {each.partner_id: each for each in again().decisions}
    wrong = {each: figures_of(decision)._replace(tier=1, earned_tier=1) for each, decision in decided.items()}
    restated = (RestatedPartner("P1", SILVER, None), RestatedPartner("P4", SILVER, None))
    found = again(wrong, restated=restated, effective_on=AUGUST_10, programs=KEPT.programs)
    assert [(each.partner_id, each.tier) for each in found.decisions] == [("P1", 3), ("P4", 4)]
    assert {partner_id: rate.valid_from for partner_id, rate in found.rates} == {"P1": AUGUST_10, "P4": AUGUST_10}
    assert dict(found.rates)["P1"].terms.monthly_fee_discount_bp == 1_400, "its agreement"
    unknown = again({"P1": wrong["P1"]}, restated=(*restated, RestatedPartner("P9", SILVER, None)))
    assert [each.partner_id for each in unknown.decisions] == ["P1"], "of the others the month says nothing"


def test_what_is_kept_names_nobody() -> None:
    named = replace(entity(), legal_name="Hosting", country="NL", time_zone="Europe/Amsterdam", source="nl")
    registry = Registry((named,), (), (partner("P1", "ended"),), (), (link(),), (legacy(500),), (), (), ())
    entities, partners, links, agreements = nameless(registry)
    assert entities == (replace(named, legal_name="", country="", time_zone="", source=None),)
    assert (entities[0].entity, entities[0].joined_on) == (named.entity, named.joined_on)
    (who,) = partners
    assert (who.partner_id, who.status) == ("P1", "ended")
    assert {getattr(who, name) for name in ("company_name", "language", "country", "website", "phone", "address")} == {
        ""
    }
    assert {who.vat_id, who.account_manager_id, who.attributes} == {""}
    assert links == (link(),)
    assert agreements == (replace(legacy(500), source=""),)


def test_histories_are_kept_without_who_granted_and_only_where_they_say_something() -> None:
    until = date(2015, 12, 1)
    history = replace(HISTORIES["P7"], open_grants=(grant(3, GO_LIVE, until), grant(4, GO_LIVE, until, grant_id="G2")))
    kept = nameless_histories({"P2": NO_HISTORY, "P1": history})
    assert list(kept) == ["P1"]
    assert kept["P1"] == replace(
        history, open_grants=tuple(replace(each, granted_by="", reason="") for each in history.open_grants)
    )


def test_of_rates_in_force_those_end_that_give_something_to_who_left() -> None:
    nothing = Rate(GO_LIVE, NO_PROGRAMME_RATE)
    rates = {"P3": SILVER, "P1": SILVER, "P2": SILVER, "P4": nothing}
    assert still_to_end(rates, {"P1"}) == {"P2": SILVER, "P3": SILVER}
