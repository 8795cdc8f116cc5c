"""Entities' months with their closes: read at the same time, told in order, and closed by a person where need be."""

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal
from partner_program.domain.revenue import PeriodClose
from partner_program.usecases.month.closes import read_entity_month, read_entity_months, record_close
from partner_program.usecases.registry import find_entity
from tests.usecases.three_partners import GO_LIVE, JUNE, three_partners
from tests.worlds import World

MONTH = BillingMonth.parse(JUNE)


def test_a_close_that_a_person_records_stands_in_for_an_entity_without_a_table_of_closes(world: World) -> None:
    three_partners(world).execute("US", "DROP TABLE program_period_close")
    here = world.installation
    assert read_entity_month(here, find_entity(here, "US"), MONTH).fault == "month 2015-06 not closed"
    record_close(here, "US", MONTH, PeriodClose("USD", 1, 1), recorded_by="jo")
    record_close(here, "US", MONTH, PeriodClose("USD", 2, 3_300_00), recorded_by="pat")
    assert read_entity_month(here, find_entity(here, "US"), MONTH).fault is None
    assert world.rows("SELECT line_count, recorded_by FROM period_close") == [(2, "pat")]
    world.settle(JUNE, on=GO_LIVE)
    assert world.register(JUNE)["held"] == []


def test_an_unknown_entity_is_refused_with_the_known_ones(world: World) -> None:
    three_partners(world)
    with pytest.raises(Refusal, match="entity XX is not in the registry: it has NL, US"):
        record_close(world.installation, "XX", MONTH, PeriodClose("EUR", 0, 0), recorded_by="pat")


def test_entities_are_told_in_the_order_asked_for_and_one_without_a_connection_by_its_name(world: World) -> None:
    here = three_partners(world).installation
    del world.connections["billing_nl"]
    us, nl = read_entity_months(here, [find_entity(here, "US"), find_entity(here, "NL")], MONTH)
    assert (us.entity, us.fault, len(us.groups)) == ("US", None, 2)
    assert (nl.entity, nl.fault, nl.groups) == ("NL", "month 2015-06 not read: connection billing_nl is not set", ())


def test_the_largest_plausible_line_is_that_of_the_programme_of_the_month(world: World) -> None:
    three_partners(world).bill("A1", JUNE, 10**12)
    world.close(JUNE)
    (fault,) = read_entity_month(world.installation, find_entity(world.installation, "NL"), MONTH).faulty_lines
    assert (fault.line_id, fault.column) == ("L13", "net_amount_minor")
