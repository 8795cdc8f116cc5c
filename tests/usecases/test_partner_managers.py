"""A manager's partners move to another manager, in the registry's file and the database, one act for each."""

from pathlib import Path

import pytest

from partner_program.domain.refusals import Refusal
from partner_program.usecases.partner_managers import assign_partners
from partner_program.usecases.registry import load_registry_folder
from tests.worlds import World


def two_managers(world: World) -> None:
    world._add("account_managers", account_manager_id="M2", name="Kim", email="kim@host.example", phone="")
    for partner_id, manager in (("P1", "M1"), ("P2", "M2"), ("P3", "M1"), ("P4", "M1")):
        world.partner(partner_id, account_manager_id=manager, status="ended" if partner_id == "P4" else "authorized")
    world.ready()


@pytest.fixture
def world(world: World) -> World:
    world.become(two_managers)
    world.write_registry()
    return world


def folder_of(world: World) -> Path:
    return world.folder / "registry"


def assign(world: World, *only: str, to: str = "M2", of: str = "M1") -> list[str]:
    return assign_partners(
        world.installation, folder_of(world), from_manager=of, to_manager=to, only=only, done_by="kim", reason="leave"
    )


def managers(world: World) -> dict[str, str]:
    return dict(world.rows("SELECT partner_id, account_manager_id FROM partner"))


def test_all_partners_of_a_manager_move_each_on_record(world: World) -> None:
    assert assign(world) == ["P1", "P3", "P4"]
    assert managers(world) == dict.fromkeys(("P1", "P2", "P3", "P4"), "M2")
    assert world.rows("SELECT kind, subject, partner_id, done_by FROM act") == [
        ("partner manager assigned", each, each, "kim") for each in ("P1", "P3", "P4")
    ]
    assert load_registry_folder(world.installation, folder_of(world))[1] == 0


def test_only_those_that_are_named_move_and_again_nothing_is_written(world: World) -> None:
    before = (folder_of(world) / "partners.csv").read_bytes()
    assert assign(world, "P3") == ["P3"]
    after = (folder_of(world) / "partners.csv").read_bytes()
    differing = [(old, new) for old, new in zip(before.splitlines(), after.splitlines(), strict=True) if old != new]
    assert [(old.replace(b"M1", b"M2"), new) for old, new in differing] == [(new, new) for _, new in differing]
    assert [new[:3] for _, new in differing] == [b"P3,"]
    assign(world)
    database = world.fingerprint()
    assert assign(world) == []
    assert world.fingerprint() == database


@pytest.mark.parametrize(
    ("of", "to", "only", "why"),
    [
        ("M1", "M1", (), "both managers are M1"),
        ("M1", "M9", (), "partner manager M9 is not in account_managers.csv, which has M1, M2"),
        ("M1", "M2", ("P2", "P9"), "partner P9 is not in the registry; partner P2 is with M2, not with M1"),
    ],
)
def test_who_is_not_there_is_named_and_nobody_moves(
    world: World, of: str, to: str, only: tuple[str, ...], why: str
) -> None:
    database = world.fingerprint()
    with pytest.raises(Refusal, match=why):
        assign(world, *only, to=to, of=of)
    assert world.fingerprint() == database


def test_a_managers_region_is_kept_and_read_strictly(world: World) -> None:
    path = folder_of(world) / "account_managers.csv"
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\r\n".join([lines[0] + b",countries", lines[1] + b",NL  BE", lines[2] + b",", b""]))
    assert load_registry_folder(world.installation, folder_of(world))[1] == 1
    assert world.rows("SELECT account_manager_id, countries FROM account_manager ORDER BY 1") == [
        ("M1", "NL BE"),
        ("M2", ""),
    ]
    path.write_bytes(path.read_bytes().replace(b"NL  BE", b"NL NL"))
    with pytest.raises(Refusal, match="countries: NL is given twice, expected each country once"):
        load_registry_folder(world.installation, folder_of(world))


def test_a_partner_without_a_manager_that_exists_does_not_load(world: World) -> None:
    """ "Each partner will have a Partner Manager Manager assigned to consult with": all of them are named."""
    path = folder_of(world) / "partners.csv"
    path.write_bytes(path.read_bytes().replace(b",M1,", b",,", 1).replace(b",M1,", b",M7,", 1))
    with pytest.raises(Refusal) as refused:
        load_registry_folder(world.installation, folder_of(world))
    assert "partners.csv:2: account_manager_id: is blank, expected a value" in str(refused.value)
    assert "partners.csv:4: account_manager_id: 'M7' is unknown, expected one listed in account_managers.csv" in str(
        refused.value
    )
