"""Writing a proof: the same to the byte, without a name, in one piece; and the months of which there is none."""

import json
import os
import stat
from dataclasses import fields, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database.acts import record_act
from partner_program.adapters.database.history import decision_hashes
from partner_program.adapters.proofs.archive import file_sha256
from partner_program.adapters.proofs.keys import KEY_VARIABLE, new_key, signing_key
from partner_program.domain.acts import MONTH_SIGNED, Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal, Unavailable
from partner_program.domain.revenue import EntityRevenue
from partner_program.usecases.proofs import layout
from partner_program.usecases.proofs.verify import verify_proof
from partner_program.usecases.proofs.write import write_proof
from tests.cli.conftest import moved
from tests.servers import Postgres
from tests.usecases.dying import die_at, ended, start
from tests.usecases.proofs.conftest import BY, JULY, JUNE, Proven, everything_happens
from tests.usecases.proofs.forged import edited, members_of, swap
from tests.usecases.test_full_disks import SmallDisk, disk  # noqa: F401 - a fixture, by its name
from tests.usecases.three_partners import june_in_force, three_partners
from tests.usecases.two_at_once import on_postgres
from tests.worlds import World


@pytest.fixture
def own_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key of this test's own."""
    path = tmp_path / "own-key.pem"
    new_key(path)
    monkeypatch.setenv(KEY_VARIABLE, str(path))
    return path


def write(world: World, month: str, to: Path) -> None:
    write_proof(world.installation, BillingMonth.parse(month), to, by=BY)


def test_with_nothing_new_it_is_the_same_to_the_byte_and_nothing_is_written(proven: Proven, tmp_path: Path) -> None:
    before = proven.world.fingerprint()
    again = proven.write(JUNE, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == proven.june.read_bytes()
    moment = proven.june.stat().st_mtime_ns
    assert not proven.write(JUNE, proven.june).changed
    assert proven.june.stat().st_mtime_ns == moment
    assert proven.world.fingerprint() == before
    ((detail,),) = proven.world.rows("SELECT detail FROM act WHERE kind = 'proof written' AND subject = ?", JUNE)
    assert json.loads(detail)["sha256"] == again.sha256
    assert stat.S_IMODE(proven.june.stat().st_mode) == 0o600


def test_a_programme_on_postgres_is_proven_by_the_same_figures(
    proven: Proven, world: World, shared_postgres: Postgres, tmp_path: Path
) -> None:
    with on_postgres(world, shared_postgres):
        own, june, july = replace(proven, world=everything_happens(world)), tmp_path / "june.zip", tmp_path / "july.zip"
        own.write(JUNE, june)
        own.write(JULY, july)
        assert not own.write(JULY, july).changed
    found = verify_proof(july, trusted=[proven.public], before=june)
    assert (found.holds, found.trusted) == (True, True), found.differences
    for ours, theirs in ((june, proven.june), (july, proven.july)):
        there, here = members_of(theirs), members_of(ours)
        assert here.keys() == there.keys()
        differing = {name for name in there if here[name] != there[name]}
        assert differing <= {"acts.jsonl", "manifest.json", "manifest.sig"}  # these have times


def test_a_later_act_of_the_month_is_in_the_next_proof_and_a_change_of_the_registry_is_not(
    proven: Proven, tmp_path: Path
) -> None:
    twin = Proven(moved(proven.world, tmp_path / "twin"), proven.folder, proven.key, proven.june, proven.july)
    twin.world.tables["account_links"][0]["valid_to"] = "2015-06-02"
    twin.world.tables["legacy_agreements"][0]["monthly_fee_discount_bp"] = 1
    twin.world.load()
    assert twin.write(JUNE, tmp_path / "june.zip").sha256 == file_sha256(proven.june)
    twin.world.settle(JUNE, on="2015-08-20", started_by="Kim Starter")
    twin.write(JUNE, tmp_path / "june.zip")
    found = verify_proof(tmp_path / "june.zip", trusted=[proven.public])
    assert found.holds
    assert "a restatement is proposed and not decided: 2 partners would come out differently" in found.notes
    was, now = members_of(proven.june), members_of(tmp_path / "june.zip")
    changed = {name for name in was if was[name] != now[name]}
    assert changed == {"acts.jsonl", "restatements.jsonl", "restated_partners.jsonl", "manifest.json", "manifest.sig"}
    assert twin.write(JULY, tmp_path / "july.zip").head.before != verify_proof(proven.july).head.before


def test_no_name_and_no_address_is_in_it_and_who_acted_is_a_pseudonym(proven: Proven) -> None:
    whole = proven.june.read_bytes() + proven.july.read_bytes()
    tables = proven.world.tables
    people = [row[name] for row in tables["partners"] for name in ("company_name", "address", "phone") if row.get(name)]
    people += [row[name] for row in tables["contacts"] for name in ("name", "email")]
    people += ["Kim Starter", "Robin Controller", "Pat", "a late invoice", "growth plan", "contract of 2012", "Host NL"]
    assert len(people) > 25
    assert [each for each in people if each.encode() in whole] == []
    assert proven.key.pseudonym("Kim Starter").encode() in members_of(proven.june)["acts.jsonl"]
    assert proven.key.pseudonym(" kim  starter") == proven.key.pseudonym("Kim Starter"), "one person for an approval"
    assert proven.key.pseudonym("Robin Controller").encode() in members_of(proven.june)["restatements.jsonl"]


def test_a_signature_is_in_it_with_the_decisions_that_it_saw(proven: Proven, tmp_path: Path) -> None:
    assert "revision 2 is not signed" in verify_proof(proven.june).notes
    twin = Proven(moved(proven.world, tmp_path / "twin"), proven.folder, proven.key, proven.june, proven.july)
    month = BillingMonth.parse(JUNE)
    with twin.world.installation.database.writing() as connection:
        seen = {"role": "finance", "revision": 2, "decision_hashes": decision_hashes(connection, month, 2)}
        record_act(connection, MONTH_SIGNED, JUNE, Doer("Robin Controller", "all seen", 1), seen, month=month)
    twin.write(JUNE, tmp_path / "june.zip")
    found = verify_proof(tmp_path / "june.zip")
    who = proven.key.pseudonym("Robin Controller")
    assert (found.holds, f"revision 2 is signed by {who} (finance)" in found.notes) == (True, True)
    other = edited(
        tmp_path / "june.zip", tmp_path / "other.zip", {"signatures.jsonl": swap('",1,"', '0",1,"')}, proven.key
    )
    assert f"{who} signed " in str(verify_proof(other).differences[0])


def test_it_is_never_written_over_what_is_no_proof_of_the_month(proven: Proven, tmp_path: Path) -> None:
    other = tmp_path / "program.db"
    other.write_bytes(b"SQLite format 3\0")
    with pytest.raises(Refusal, match=r"program\.db is there and is no proof: name another file"):
        proven.write(JUNE, other)
    assert other.read_bytes() == b"SQLite format 3\0"
    with pytest.raises(Refusal, match=r"july\.zip is there and is the proof of 2015-07: name another file"):
        proven.write(JUNE, proven.july)


@pytest.mark.usefixtures("own_key")
def test_there_is_no_proof_of_a_month_that_is_not_settled(world: World, tmp_path: Path) -> None:
    three_partners(world)
    with pytest.raises(Refusal, match="month 2015-06 is not assessed"):
        write(world, JUNE, tmp_path / "june.zip")
    assert sorted(tmp_path.glob("*.zip")) == []


@pytest.mark.usefixtures("own_key")
def test_a_month_of_which_nothing_was_kept_says_so(world: World, tmp_path: Path) -> None:
    june_in_force(world)
    with world.installation.database.writing() as connection:
        for statement in ("DROP TRIGGER settlement_input_refuses_delete", "DELETE FROM settlement_input"):
            connection.exec_driver_sql(statement)
    with pytest.raises(Refusal, match="was settled by a version that did not keep what it was decided from"):
        write(world, JUNE, tmp_path / "june.zip")


@pytest.mark.usefixtures("own_key")
def test_a_month_that_is_history_only_is_proven_as_that(world: World, tmp_path: Path) -> None:
    three_partners(world)
    world.settle("2015-07", today="2015-09-01", history=True)
    write(world, JULY, tmp_path / "july.zip")
    found = verify_proof(tmp_path / "july.zip")
    assert (found.holds, found.head.status, found.counts["partners"]) == (True, "history", 3)
    assert any(note.startswith("this month is history only") for note in found.notes)
    world.settle("2015-06", on="2015-07-27")
    world.settle("2015-07", on="2015-08-03")
    write(world, JULY, tmp_path / "july.zip")
    found = verify_proof(tmp_path / "july.zip")
    assert (found.holds, found.head.status, found.head.revision) == (True, "in_force", 2)
    assert "the chain of proofs begins here: no proof of 2015-06, the month before, had been written" in found.notes


def pem(key: rsa.RSAPrivateKey | Ed25519PrivateKey, passphrase: bytes | None = None) -> bytes:
    lock = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)


def test_a_key_that_is_missing_or_wrong_is_a_sentence_that_shows_nothing_of_it(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refusal, match="no key signs proofs: set PARTNER_PROGRAM_PROOF_KEY"):
        signing_key(world.connections)
    path = tmp_path / "key.pem"
    monkeypatch.setenv(KEY_VARIABLE, str(path))
    good = pem(Ed25519PrivateKey.generate())
    wrong = {
        "expected a private key as PEM": good.replace(b"BEGIN", b"BEGIM"),
        "expected a key of the kind Ed25519": pem(rsa.generate_private_key(65537, 2048)),
        "the key has a passphrase": pem(Ed25519PrivateKey.generate(), b"secret"),
    }
    for says, content in wrong.items():
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(Refusal, match=says) as refusal:
            signing_key(world.connections)
        assert content.splitlines()[1].decode()[:20] not in str(refusal.value)
    path.chmod(0o644)
    with pytest.raises(Refusal, match="others than its owner may read it"):
        signing_key(world.connections)
    path.unlink()
    with pytest.raises(Refusal, match="is not there"):
        signing_key(world.connections)


def test_the_connection_signs_as_the_file_does(world: World, own_key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_file = signing_key(world.connections).fingerprint
    monkeypatch.delenv(KEY_VARIABLE)
    for text in (own_key.read_text(), own_key.read_text().replace("\n", "\\n")):
        world.connections["proof_signing"] = ConnectionFields("proof_signing", "generic", password=text)
        assert signing_key(world.connections).fingerprint == of_file
    world.connections["proof_signing"] = ConnectionFields("proof_signing", "generic")
    with pytest.raises(Refusal, match="connection proof_signing: expected the key's PEM text as password"):
        signing_key(world.connections)


def test_a_new_key_is_its_owners_alone_and_never_written_over_another(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = new_key(tmp_path / "keys" / "key.pem")
    finally:
        os.umask(before)
    path = tmp_path / "keys" / "key.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = path.read_bytes()
    with pytest.raises(Refusal, match="a key is never written over another"):
        new_key(path)
    assert path.read_bytes() == content
    assert content.splitlines()[1].decode() not in repr(made)


@pytest.mark.processes
@pytest.mark.usefixtures("own_key")
def test_a_process_killed_at_any_point_leaves_no_half_proof(proven: Proven, tmp_path: Path) -> None:
    world = moved(proven.world, tmp_path / "twin")
    to = tmp_path / "place" / "june.zip"
    point = 0
    for point in range(1, 50):
        if not die_at(point, lambda: write(world, JUNE, to)):
            break
        assert not to.exists() or verify_proof(to).holds
    assert point > 3
    assert verify_proof(to).holds
    assert [path.name for path in to.parent.iterdir()] == ["june.zip"], "what a killed process left is swept away"
    assert len(world.rows("SELECT 1 FROM act WHERE kind = 'proof written' AND subject = '2015-06'")) == 2


@pytest.mark.processes
@pytest.mark.usefixtures("own_key")
def test_two_at_once_write_the_same_file(proven: Proven, tmp_path: Path) -> None:
    world = moved(proven.world, tmp_path / "twin")
    to = tmp_path / "june.zip"
    children = [start(lambda: write(world, JUNE, to)) for _ in range(3)]
    assert [ended(child) for child in children] == [0, 0, 0]
    assert verify_proof(to).holds


@pytest.mark.processes
@pytest.mark.usefixtures("own_key")
def test_a_full_disk_leaves_what_was_there(proven: Proven, tmp_path: Path, disk: SmallDisk) -> None:  # noqa: F811
    to = disk.folder / "june.zip"
    disk.leave(8192)
    with pytest.raises(Unavailable, match=r"writing .*june\.zip failed: No space left on device"):
        write(moved(proven.world, tmp_path / "twin"), JUNE, to)
    assert [path.name for path in disk.folder.iterdir()] == ["ballast"]


def test_every_row_of_a_snapshot_is_in_its_proof() -> None:
    others = {"entity", "fault", "reseller_accounts", "files"}  # in the snapshot's head, a table of ids, no part of it
    assert {each.name for each in fields(EntityRevenue)} == others | layout.SNAPSHOT_ROWS.keys()
