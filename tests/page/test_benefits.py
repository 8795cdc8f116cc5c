"""Grants and benefits: what the pages show, and each act from its form to the record, once, by who may."""

import re
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from partner_program.usecases.acts import list_acts
from partner_program.usecases.benefits import Asked, Granted, Said, approve_benefit, list_benefits, request_benefit
from partner_program.usecases.grants import list_grants
from tests.page.asking import PREFIX, Asking
from tests.page.small_world import small_world
from tests.page.test_pages import words_of
from tests.worlds import World

SEEDING = "P2-seeding_options-2015-08-10"


@pytest.fixture
def own(ask: Asking, shown: Any, tmp_path: Path) -> World:
    """A world of this test's own, which the pages show."""
    assert ask  # before this, which points the pages elsewhere
    world = World(tmp_path)
    world.become(small_world)
    shown(world)
    return world


def hidden(html: str) -> dict[str, str]:
    """What a form sends on unseen."""
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', html)
    return {name: unescape(value) for name, value in found}


def test_the_desk_shows_what_waits_and_the_open_grants(ask: Asking) -> None:
    answer = ask("benefits")
    said = words_of(answer.text)
    assert "1 request waits for a decision" in said
    assert "Seeding Options for Noordzee Hosting" in said
    assert "2 units, from 10 August 2015 until 10 November 2015; 0 of 5 in force · servers to try" in said
    assert "Fourth Company" in said.split("Open grace periods")[1]
    assert f'href="{PREFIX}/benefits/of/{SEEDING}"' in answer.text
    assert f'href="{PREFIX}/benefits/of/{SEEDING}"' in ask().text  # Today leads there


def test_filters_of_the_desk_stand_in_the_address(ask: Asking) -> None:
    assert "Open grace periods" not in words_of(ask("benefits?show=decide").text)
    assert "No request waits" in words_of(ask("benefits?manager=M2").text)
    assert "1 request waits" in words_of(ask("benefits?manager=M1").text)
    assert ask("benefits?show=nonsense").status_code == 422


def test_what_ends_within_30_days_is_told_to_the_day(ask: Asking, own: World) -> None:
    here = own.installation
    today = here.today()
    for days in (30, 31):
        request_id = f"S{days}"
        asked = Asked("P2", "seeding_options", today, today + timedelta(days), 1, request_id=request_id)
        request_benefit(here, asked, Said("pat", "try", today))
        approve_benefit(here, request_id, Granted(), Said("kim", "fits", today))
    text = ask("benefits?show=ends").text
    assert "benefits/of/S30" in text
    assert "benefits/of/S31" not in text
    assert "benefits/of/S31" in ask("benefits?show=in_force").text


def test_a_request_is_approved_by_form_last_look_and_act(ask: Asking, own: World) -> None:
    form = ask(f"benefits/approve/{SEEDING}", "user")
    assert hidden(form.text) == {"seen": "1"}
    typed = {"quantity": "1", "valid_from": "2015-08-10", "valid_to": "2015-11-01", "reason": "fits", "seen": "1"}
    look = ask.post(f"benefits/approve-check/{SEEDING}", "user", **typed)
    said = words_of(look.text)
    assert "Nothing has happened yet" in said
    assert "approved: 1 unit, from 10 August 2015 until 1 November 2015" in said
    assert state_of(own) == "requested"
    done = ask.post(f"benefits/approve/{SEEDING}", "user", **hidden(look.text))
    assert done.status_code == 303
    after = words_of(ask(done.headers["location"].removeprefix(f"{PREFIX}/")).text)
    assert "benefit approved" in after
    assert "user-person" in after
    (line,) = list_benefits(own.installation, on=date(2015, 9, 1), partner_id="P2")
    assert (line.state, line.quantity, line.decided_by, line.reason) == ("in_force", 1, "user-person", "fits")
    assert ask.post(f"benefits/approve/{SEEDING}", "user", **hidden(look.text)).status_code == 303
    kinds = [act.kind for act in list_acts(own.installation, "P2")]
    assert kinds.count("benefit approved") == 1


def test_an_address_fills_in_fields_and_not_what_was_seen(ask: Asking) -> None:
    form = ask(f"benefits/approve/{SEEDING}?seen=2&reason=fits", "user").text
    assert hidden(form) == {"seen": "1"}
    assert "fits</textarea>" in form


def state_of(world: World, on: date = date(2015, 9, 1)) -> str:
    (line,) = list_benefits(world.installation, on=on, partner_id="P2", past=True)
    return line.state


@pytest.mark.parametrize(
    ("act", "typed", "state"),
    [
        ("refuse", {"reason": "no servers left"}, "refused"),
        ("withdraw", {"reason": "not needed"}, "withdrawn"),
    ],
)
def test_a_request_is_refused_or_withdrawn(
    ask: Asking, own: World, act: str, typed: dict[str, str], state: str
) -> None:
    look = ask.post(f"benefits/{act}-check/{SEEDING}", "user", **typed, seen="1")
    assert look.status_code == 200
    assert ask.post(f"benefits/{act}/{SEEDING}", "user", **hidden(look.text)).status_code == 303
    assert state_of(own) == state


def test_what_a_rule_refuses_is_said_at_the_form_with_what_was_typed(ask: Asking, own: World) -> None:
    typed = {
        "quantity": "3",
        "valid_from": "2015-08-10",
        "valid_to": "2015-11-01",
        "reason": "three & <b>",
        "seen": "1",
    }
    for address in ("approve-check", "approve"):
        answer = ask.post(f"benefits/{address}/{SEEDING}", "user", **typed)
        assert answer.status_code == 409
        assert "asks for 2 units, 3 cannot be approved" in words_of(answer.text)
        assert 'value="3"' in answer.text
        assert "three &amp; &lt;b&gt;</textarea>" in answer.text
    assert state_of(own) == "requested"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"quantity": "1_0"}, "quantity"),
        ({"valid_to": "1 November"}, "valid_to"),
        ({"seen": ""}, "seen"),
    ],
)
def test_what_cannot_be_read_is_named_at_its_field(ask: Asking, own: World, typed: dict[str, str], field: str) -> None:
    whole = {"quantity": "1", "valid_to": "2015-11-01", "reason": "fits", "seen": "1", **typed}
    answer = ask.post(f"benefits/approve/{SEEDING}", "user", **whole)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert state_of(own) == "requested"


def test_a_request_that_moved_since_it_was_shown_is_shown_anew(ask: Asking, own: World) -> None:
    stale = {"reason": "no servers", "seen": "1"}
    approve_benefit(own.installation, SEEDING, Granted(), Said("kim", "fits", date(2015, 8, 5)))
    for address in ("refuse-check", "refuse", "withdraw-check", "withdraw"):
        answer = ask.post(f"benefits/{address}/{SEEDING}", "user", **stale)
        assert answer.status_code == 412
        assert "moved since it was shown: it was approved by kim" in words_of(answer.text)
    assert state_of(own) == "in_force"


def test_two_approvals_do_not_pass_the_limit_together(ask: Asking, own: World) -> None:
    here, today = own.installation, own.installation.today()
    until = str(today + timedelta(90))
    for name in ("ONE", "TWO"):
        asked = Asked("P2", "seeding_options", today, today + timedelta(90), 3, request_id=name)
        request_benefit(here, asked, Said("pat", "try", today))
    typed = {"quantity": "3", "valid_from": str(today), "valid_to": until, "reason": "fits", "seen": "1"}
    looked = [ask.post(f"benefits/approve-check/{name}", "user", **typed) for name in ("ONE", "TWO")]
    assert [look.status_code for look in looked] == [200, 200]  # each would pass alone
    assert ask.post("benefits/approve/ONE", "user", **typed).status_code == 303
    answer = ask.post("benefits/approve/TWO", "user", **typed)
    assert answer.status_code == 409
    assert "at most 5 units of seeding_options at once, and 3 are approved" in words_of(answer.text)


@pytest.mark.usefixtures("own")
def test_a_benefit_is_asked_for_approved_and_its_outcome_told(ask: Asking) -> None:
    choose = ask("benefits/request/P2", "user").text
    assert "benefit=mdf" in choose
    assert '<form class="act"' not in choose
    assert 'name="activity"' in ask("benefits/request/P2?benefit=mdf", "user").text
    typed = {"benefit": "mdf", "activity": "a fair", "market": "hosting NL", "amount": "1500.00", "reason": "leads"}
    missing = ask.post("benefits/request-check/P2", "user", **{**typed, "market": ""})
    assert missing.status_code == 409
    assert "lacks market" in words_of(missing.text)
    look = ask.post("benefits/request-check/P2", "user", **typed)
    done = ask.post("benefits/request/P2", "user", **hidden(look.text))
    request_id = done.headers["location"].rpartition("/")[2]
    assert request_id.startswith("P2-mdf-")
    approve = {"amount": "1000.00", "reason": "good", "seen": "1"}
    assert ask.post(f"benefits/approve/{request_id}", "user", **approve).status_code == 303
    over = ask.post(f"benefits/outcome/{request_id}", "user", spent="1000.01", reason="40 leads", seen="2")
    assert over.status_code == 409
    assert ask.post(f"benefits/outcome/{request_id}", "user", spent="0.00", reason="rain", seen="2").status_code == 303
    assert "0.00 EUR: rain" in words_of(ask(f"benefits/of/{request_id}").text)


def test_grace_is_granted_after_the_months_that_can_confirm_it_were_shown(ask: Asking, own: World) -> None:
    form = words_of(ask("grants/new/P1", "user").text)
    assert "Which months can confirm it" in form
    typed = {"tier": "3", "starts_on": "2026-12-02", "ends_on": "2026-12-31", "reason": "growth"}
    short = words_of(ask.post("grants/new-check/P1", "user", **typed).text)
    assert "none: it lapses, whatever the partner earns" in short
    typed["ends_on"] = "2027-02-01"
    look = ask.post("grants/new-check/P1", "user", **typed)
    assert "Months that can confirm it December 2026, January 2027 One of them needs 5,000.00 EUR" in words_of(
        look.text
    )
    assert list_grants(own.installation, on=date(2026, 12, 3), partner_id="P1") == []
    for _ in range(2):
        done = ask.post("grants/new/P1", "user", **hidden(look.text))
        assert done.status_code == 303
    after = words_of(ask(done.headers["location"].removeprefix(f"{PREFIX}/")).text)
    assert "Tier 3 is granted" in after
    (grant,) = list_grants(own.installation, on=date(2026, 12, 3), partner_id="P1")
    assert (grant.tier, grant.granted_by, grant.reason) == (3, "user-person", "growth")


@pytest.mark.parametrize(
    ("address", "typed"),
    [
        (f"benefits/approve/{SEEDING}", {"quantity": "1", "reason": "fits", "seen": "1"}),
        (f"benefits/refuse/{SEEDING}", {"reason": "no", "seen": "1"}),
        (f"benefits/withdraw/{SEEDING}", {"reason": "no", "seen": "1"}),
        ("benefits/request/P2", {"benefit": "customer_portal_access", "reason": "asks"}),
        ("grants/new/P1", {"tier": "3", "starts_on": "2026-12-02", "ends_on": "2027-02-01", "reason": "growth"}),
    ],
)
def test_a_viewer_sees_who_could_and_changes_nothing(
    ask: Asking, own: World, address: str, typed: dict[str, str]
) -> None:
    before = len(list_acts(own.installation, "P1")), len(list_acts(own.installation, "P2"))
    form = ask(address)
    assert "Who could: whoever may answer the required actions of tier_letters" in words_of(form.text)
    assert '<form class="act"' not in form.text
    first, _, last = address.rpartition("/")
    for path in (address, f"{first}-check/{last}", f"{first}-form/{last}"):
        answer = ask.post(path, "viewer", **typed)
        assert answer.status_code == 403
        assert "Who could" in answer.text
    assert (len(list_acts(own.installation, "P1")), len(list_acts(own.installation, "P2"))) == before


def test_a_request_and_a_partner_that_are_not_there_are_said_so(ask: Asking) -> None:
    for path in ("benefits/of/nobody", "benefits/approve/nobody", "benefits/request/nobody", "grants/new/nobody"):
        assert ask(path, "user").status_code == 404
    assert ask.post("benefits/approve/nobody", "user", reason="x", seen="1").status_code == 404


@pytest.mark.usefixtures("own")
def test_a_partner_with_a_slash_in_its_id_is_acted_for(ask: Asking) -> None:
    typed = {"tier": "2", "starts_on": "2026-12-02", "ends_on": "2027-02-01", "reason": "growth"}
    done = ask.post("grants/new/P%2F5", "user", **typed)
    assert done.status_code == 303
    assert "Fifth Company" in words_of(ask(done.headers["location"].removeprefix(f"{PREFIX}/")).text)
