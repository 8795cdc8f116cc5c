import json
import socket
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from partner_program.adapters.quality.expectations import GroupChecks, groups_frame, validate
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.findings import Finding
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import EntityRevenue, MrrGroup, PeriodClose

pytestmark = pytest.mark.engine
JUNE = BillingMonth(2015, 6)
NL = Entity("NL", "Example Hosting B.V.", "NL", "EUR", "Europe/Amsterdam", date(2010, 1, 1))
US = Entity("US", "Example Hosting, Inc.", "US", "USD", "America/New_York", date(2010, 1, 1))
SOUND = MrrGroup("A1", "EUR", "recurring", "posted", 1, 30, 3, 30000)


def revenue_of(*groups: MrrGroup, entity: str = "NL") -> EntityRevenue:
    return EntityRevenue(entity, groups, (), (PeriodClose("EUR", 3, 30000),), ())


def found_in(*revenues: EntityRevenue, entities: tuple[Entity, ...] = (NL,), docs: Path | None = None) -> list[Finding]:
    return validate(revenues, month=JUNE, entities=entities, rated_currencies={"USD"}, docs_folder=docs)


@pytest.mark.processes
def test_importing_the_module_imports_neither_pandas_nor_great_expectations() -> None:
    code = (
        "import sys, json; import partner_program.adapters.quality.expectations; "
        "print(json.dumps([name for name in ('pandas', 'great_expectations') if name in sys.modules]))"
    )
    package = str(Path(validate.__code__.co_filename).parents[2])
    told = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {package!r}); {code}"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(told.stdout) == []


def test_a_sound_month_has_no_finding_and_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError(f"connected to {arguments}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    groups = (SOUND, SOUND._replace(charge_kind="credit", net_amount_minor=-1), SOUND._replace(covered_days=0))
    assert found_in(revenue_of(*groups)) == []


@pytest.mark.parametrize(
    ("wrong", "check"),
    [
        ({"term_months": 0}, "term"),
        ({"term_months": -12}, "term"),
        ({"covered_days": -1}, "days"),
        ({"covered_days": 31}, "days"),
        ({"lines": 0}, "line_count"),
        ({"net_amount_minor": -1}, "sign"),
        ({"charge_kind": "usage", "net_amount_minor": -1}, "sign"),
        ({"charge_kind": "rebate"}, "kind"),
        ({"document_status": "pending"}, "status"),
    ],
)
def test_a_value_that_makes_a_counted_group_unusable_fails_the_entity(wrong: dict[str, Any], check: str) -> None:
    (finding,) = found_in(revenue_of(SOUND, SOUND._replace(account_id="A2", **wrong)))
    assert (finding.entity, finding.severity, finding.check, finding.count) == ("NL", "critical", check, 1)
    assert finding.examples[0].startswith("account A2, EUR")
    assert "not so in 1 group of lines" in finding.message


@pytest.mark.parametrize("account_id", [None, "", "  ", float("nan")])
def test_a_missing_key_is_reported_once_although_two_engines_look_for_it(account_id: Any) -> None:
    findings = found_in(revenue_of(SOUND, SOUND._replace(account_id=account_id)))
    assert [(finding.severity, finding.check) for finding in findings] == [("critical", "account_id_given")]


@pytest.mark.parametrize("amount", [None, float("nan"), "100", 10.0, True, 2**63])
def test_an_amount_that_is_not_a_whole_number_fails_the_entity(amount: Any) -> None:
    findings = found_in(revenue_of(SOUND, SOUND._replace(net_amount_minor=amount)))
    assert ("critical", "net_amount_minor_whole") in [(finding.severity, finding.check) for finding in findings]


def test_an_expectation_that_cannot_run_is_critical_whatever_its_severity() -> None:
    frame = groups_frame([SOUND], JUNE).drop(columns=["currency"])
    findings = GroupChecks(JUNE).run("NL", "EUR", frame)
    assert {finding.check for finding in findings} == {"currency_given", "once", "entity_currency"}
    assert {finding.severity for finding in findings} == {"critical"}
    assert all("could not be checked" in finding.message for finding in findings)


def test_text_among_the_numbers_is_found_by_the_gate_and_by_the_check_that_could_not_run() -> None:
    findings = found_in(revenue_of(SOUND, SOUND._replace(term_months="twelve")))  # type: ignore[arg-type]
    assert [(finding.check, "could not be checked" in finding.message) for finding in findings] == [
        ("term", True),
        ("term_months_whole", False),
    ]


def test_an_empty_frame_passes_every_expectation_and_still_fails_the_entity() -> None:
    assert GroupChecks(JUNE).run("NL", "EUR", groups_frame([], JUNE)) == []
    assert [(finding.severity, finding.check) for finding in found_in(revenue_of())] == [("critical", "empty")]


def test_a_missing_entity_fails_and_the_others_are_checked_as_if_nothing_had_happened() -> None:
    broken = revenue_of(SOUND._replace(term_months=0))
    findings = found_in(broken, entities=(NL, US))
    assert [(finding.entity, finding.check) for finding in findings] == [("NL", "term"), ("US", "snapshot")]
    assert findings[:1] == found_in(broken)


def test_an_entity_with_a_fault_gets_no_second_reason() -> None:
    faulty = EntityRevenue("NL", (SOUND._replace(term_months=0),), (), (), (), "month 2015-06 not closed")
    assert found_in(faulty) == [Finding("NL", "critical", "close", "month 2015-06 not closed")]


def test_another_currency_and_a_repeated_group_are_warnings() -> None:
    findings = found_in(revenue_of(SOUND, SOUND._replace(currency="USD"), SOUND._replace(currency="USD")))
    assert [(finding.severity, finding.check, finding.count) for finding in findings] == [
        ("warning", "entity_currency", 2),
        ("warning", "once", 2),
    ]


def test_an_unconfigured_entity_is_checked_without_a_currency_of_its_own() -> None:
    findings = found_in(revenue_of(SOUND), entities=())
    assert [(finding.severity, finding.check) for finding in findings] == [("critical", "configured")]


def test_lines_that_never_count_are_not_checked() -> None:
    groups = [SOUND._replace(charge_kind="tax", term_months=0), SOUND._replace(document_status="void", covered_days=99)]
    assert found_in(revenue_of(SOUND, *groups)) == []


def test_amounts_reach_the_checks_as_whole_numbers_and_the_month_as_text() -> None:
    frame = groups_frame([SOUND._replace(net_amount_minor=2**60 + 1)], JUNE)
    assert str(frame.dtypes["net_amount_minor"]) == "int64"
    assert frame.loc[0, "net_amount_minor"] == 2**60 + 1
    assert frame.loc[0, "billing_month"] == "2015-06"


def test_a_month_in_which_every_group_is_wrong_is_reported_in_seconds_with_twenty_names(tmp_path: Path) -> None:
    groups = tuple(SOUND._replace(account_id=f"A{number}", covered_days=31) for number in range(100_000))
    started = time.monotonic()
    (finding,) = found_in(revenue_of(*groups), docs=tmp_path)
    assert time.monotonic() - started < 15
    assert (finding.check, finding.count, len(finding.examples)) == ("days", 100_000, 20)
    assert (tmp_path / "NL.html").stat().st_size < 100_000


def test_equal_data_gives_equal_pages_without_the_clock_or_the_servers_folders(tmp_path: Path) -> None:
    broken = revenue_of(SOUND, SOUND._replace(term_months="x"))  # type: ignore[arg-type]
    for folder in ("first", "second"):
        found_in(broken, docs=tmp_path / folder)
    page = (tmp_path / "first" / "NL.html").read_text(encoding="utf-8")
    assert page == (tmp_path / "second" / "NL.html").read_text(encoding="utf-8")
    assert "Traceback" not in page
    assert "site-packages" not in page
    assert "could not run" in page


def test_the_page_of_an_earlier_run_goes_when_the_entity_has_a_fault_now(tmp_path: Path) -> None:
    found_in(revenue_of(SOUND), docs=tmp_path)
    assert sorted(page.name for page in tmp_path.iterdir()) == ["NL.html", "NL.json"]  # the page, and what was kept
    found_in(EntityRevenue("NL", (), (), (), (), "no such table"), docs=tmp_path)
    assert list(tmp_path.iterdir()) == []
