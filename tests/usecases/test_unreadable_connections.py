"""A connection that cannot be read is the fault of its entity only (rule 7, contract 4)."""

import json

import pytest

from partner_program.adapters.connections import EnvironmentConnections
from partner_program.usecases.installation import Installation
from tests.usecases.three_partners import GO_LIVE, JUNE, partners, three_partners
from tests.worlds import PROJECT, World, settle_installed

HIDDEN = "tell-nobody"


@pytest.mark.parametrize(
    "value", ["{not json " + HIDDEN, json.dumps({"conn_type": "mysql", "host": "h", "port": "abc", "password": HIDDEN})]
)
def test_it_holds_the_partners_of_its_entity_and_nobody_else(
    world: World, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    three_partners(world)
    for name, written in world.environment().items():
        monkeypatch.setenv(name, written)
    monkeypatch.setenv("AIRFLOW_CONN_BILLING_US", value)
    here = Installation(EnvironmentConnections(), PROJECT / "include", world.folder / "out")

    settle_installed(here, world.request(JUNE, on=GO_LIVE))

    assert {key: row["status"] for key, row in partners(world, JUNE).items()} == {
        "P1": "assigned",
        "P2": "held",
        "P3": "held",
    }
    reasons = {each["reason"] for each in world.register(JUNE)["held"]}
    assert len(reasons) == 1
    assert "AIRFLOW_CONN_BILLING_US: expected a connection" in next(iter(reasons))
    assert HIDDEN not in str(reasons)
