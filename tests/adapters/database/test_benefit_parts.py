"""Which requests are a part of all, and how many it has, is the same in the database as by the rule of one request."""

import random
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from partner_program.adapters.database.benefit_parts import Part
from partner_program.adapters.database.benefits import load_requests, save_steps
from partner_program.domain.benefits import BenefitRequest, BenefitStep
from partner_program.usecases.benefits import BenefitLine, list_benefits, parts_of_benefits
from partner_program.usecases.partner_status import change_status
from tests.usecases.three_partners import GO_LIVE, JUNE, three_partners
from tests.usecases.two_at_once import on_postgres
from tests.worlds import World

PARTS: tuple[Part, ...] = ("decide", "ends", "in_force", "past")
REQUESTS, DUE_DAYS, EVERY = 120, 30, 1_000
FIRST_DAY = date(2015, 8, 1)
DAYS = [FIRST_DAY + timedelta(days) for days in range(-3, 75, 6)]
LEAVES = date(2015, 8, 25)
ByRule = dict[date, list[BenefitLine]]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def busy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """P2 is suspended, and P3 leaves in some weeks; requests of each kind of life that there is."""
    world = World(tmp_path_factory.mktemp("busy"))
    if request.param == "sqlite":
        yield _busy(world)
        return
    with on_postgres(world, request.getfixturevalue("shared_postgres")) as there:
        yield _busy(there)


def _busy(world: World) -> World:
    three_partners(world).settle(JUNE, on=GO_LIVE)
    for partner_id, step, day in (("P2", "suspend", FIRST_DAY), ("P3", "suspend", LEAVES)):
        change_status(
            world.installation,
            partner_id,
            world.folder / "registry",
            step=step,
            day=day,
            today=FIRST_DAY,
            done_by="kim",
            reason="abuse reports",
        )
    chance = random.Random(1)
    with world.installation.database.writing() as connection:
        save_steps(connection, [_made_up(number, chance) for number in range(REQUESTS)])
    return world


def _made_up(number: int, chance: random.Random) -> BenefitRequest:
    """A request that went one of the ways that there are; each number at least once within a dozen."""

    def step(act: str, valid_from: date | None = None, valid_to: date | None = None) -> BenefitStep:
        return BenefitStep(act, "pat", "to try", FIRST_DAY, 1, None, valid_from, valid_to)  # type: ignore[arg-type]

    begins = FIRST_DAY + timedelta(chance.randrange(-60, 60))
    ends = None if chance.randrange(4) == 0 else begins + timedelta(chance.randrange(1, 70))
    asked = step("requested", begins, ends)
    approved = step("approved", begins, ends)
    early = step("withdrawn", begins + timedelta(chance.randrange(-5, 40)))
    longer = step("approved", begins, begins + timedelta(chance.randrange(1, 90)))
    ways = [
        (asked,),
        (asked, step("requested", begins + timedelta(3), ends)),
        (asked, step("refused")),
        (asked, step("refused"), step("refused")),
        (asked, step("withdrawn")),
        (asked, approved),
        (asked, approved, longer),
        (asked, approved, early),
        (asked, approved, longer, early),
        (asked, approved, step("outcome")),
        (asked, approved, early, step("outcome")),
        (asked, step("approved", None, ends)),
    ]
    benefit = ("seeding_options", "mdf")[number % 2]
    return BenefitRequest(f"R{number}", f"P{number % 3 + 1}", benefit, ways[number // 3 % len(ways)])


@pytest.fixture(scope="module")
def by_rule(busy: World) -> ByRule:
    """All requests on each day, as the rule of one request tells them."""
    return {day: list_benefits(busy.installation, on=day, past=True) for day in DAYS}


def _of_part(lines: list[BenefitLine], part: Part, day: date) -> list[BenefitLine]:
    match part:
        case "decide":
            return [line for line in lines if line.state == "requested"]
        case "ends":
            last = day + timedelta(DUE_DAYS)
            ends = [each for each in lines if each.state == "in_force" and each.valid_to and each.valid_to <= last]
            return sorted(ends, key=lambda each: (each.valid_to or day, each.partner_id, each.request_id))
        case "in_force":
            return [line for line in lines if line.state in ("upcoming", "in_force", "stopped")]
        case "past":
            return [line for line in lines if line.state in ("ended", "refused", "withdrawn")]


@pytest.mark.parametrize("first", [1, 7, EVERY])
@pytest.mark.parametrize("part", PARTS)
def test_a_part_and_its_number_are_those_of_the_rule_on_each_day(
    busy: World, by_rule: ByRule, part: Part, first: int
) -> None:
    seen = 0
    for day in DAYS:
        found = parts_of_benefits(busy.installation, on=day, parts=[part], first=first, due_days=DUE_DAYS)[part]
        expected = _of_part(by_rule[day], part, day)
        assert (found.of, list(found.lines)) == (len(expected), expected[:first]), day
        seen += len(expected)
    assert seen > len(DAYS)


def test_all_parts_at_once_are_the_parts(busy: World) -> None:
    asked = {"on": DAYS[5], "first": 5, "due_days": DUE_DAYS}
    together = parts_of_benefits(busy.installation, parts=PARTS, **asked)  # type: ignore[arg-type]
    assert together == {
        part: parts_of_benefits(busy.installation, parts=[part], **asked)[part]  # type: ignore[arg-type]
        for part in PARTS
    }
    with busy.installation.database.reading() as connection:
        every = len(load_requests(connection))
    assert sum(together[part].of for part in ("decide", "in_force", "past")) == every == REQUESTS


def test_those_of_a_manager_are_of_its_partners_alone(busy: World, by_rule: ByRule) -> None:
    manager = _of_part(by_rule[DAYS[5]], "in_force", DAYS[5])[0].account_manager_id
    asked = {"on": DAYS[5], "first": EVERY, "due_days": DUE_DAYS}
    own = parts_of_benefits(busy.installation, parts=PARTS, manager_id=manager, **asked)  # type: ignore[arg-type]
    nobodys = parts_of_benefits(busy.installation, parts=PARTS, manager_id="M0", **asked)  # type: ignore[arg-type]
    assert [each.of for each in nobodys.values()] == [0, 0, 0, 0]
    for part in PARTS:
        assert own[part].lines == tuple(
            each for each in _of_part(by_rule[DAYS[5]], part, DAYS[5]) if each.account_manager_id == manager
        )
