"""The demo's June as a proof: it holds, and no name, address or e-mail of the registry is in any byte of it."""

import csv
from datetime import date
from pathlib import Path

import pytest

from demo.entities import ENTITIES
from demo.proofs import look_through, write_proofs
from demo.world import billing_connection
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.proofs.keys import KEY_VARIABLE
from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.installation import PROJECT, Installation
from partner_program.usecases.month.inputs import MonthRequest
from partner_program.usecases.registry import load_registry_folder
from tests.worlds import NamedConnections, settle_installed

PERSONAL = {
    "partners": ("company_name", "website", "phone", "address", "vat_id"),
    "contacts": ("name", "email"),
    "account_managers": ("name", "email", "phone"),
    "entities": ("legal_name",),
    "legacy_agreements": ("source",),
    "grace_grants": ("granted_by", "reason"),
}


def personal_values(registry: Path) -> set[str]:
    """Everything in the registry that is no id, no code, no day and no number."""
    found = set()
    for table, columns in PERSONAL.items():
        with (registry / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            found |= {row[column] for row in csv.DictReader(file) for column in columns if row[column]}
    return found


def test_the_demos_june_is_proven_without_a_name(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "")  # put back after the test, whatever the demo sets
    connections = NamedConnections()
    connections.add_sqlite("partner_program", tmp_path / "program.db")
    for entity in ENTITIES:
        conn_id = f"billing_{entity.entity.lower()}"
        connections[conn_id] = ConnectionFields(conn_id, **billing_connection(world, entity.entity))
    here = Installation(connections, PROJECT / "include", tmp_path / "out")
    here.database.upgrade()
    load_registry_folder(here, world / "registry")
    june = BillingMonth.parse("2015-06")
    day = date(2015, 7, 27)
    settle_installed(here, MonthRequest(june, day, day, migration=True, started_by="Sam Starter"))

    files = write_proofs(here, tmp_path / "proofs", ["2015-06"])
    (sentence,) = look_through(files)
    assert sentence == (
        "2015-06.zip: unchanged, signed by the key that is trusted; 238 partners and 0 held partners decided again "
        "from 5,697 lines: the same"
    )
    values, whole = personal_values(world / "registry"), files[0].read_bytes()
    assert len(values) > 1_000
    assert [each for each in values | {"Sam Starter"} if each.encode() in whole] == []
