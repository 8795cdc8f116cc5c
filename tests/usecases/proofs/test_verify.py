"""What a proof proves: it is unchanged, who signed it, and its month comes out the same when it is decided again."""

import json
import zipfile
from pathlib import Path
from random import Random

import pytest

from partner_program.adapters.proofs.keys import new_key
from partner_program.adapters.proofs.manifest import MANIFEST, PUBLIC_KEY, SIGNATURE
from partner_program.domain.proof import Verification
from partner_program.domain.refusals import Refusal
from partner_program.usecases.proofs.verify import verify_proof
from tests.usecases.proofs.conftest import Proven
from tests.usecases.proofs.forged import Edit, edited, members_of, sign_anew, swap, written


def said(found: Verification) -> str:
    return "\n".join(map(str, found.differences))


def test_june_and_july_hold_and_say_how_much_was_decided_again(proven: Proven) -> None:
    june = verify_proof(proven.june, trusted=[proven.public])
    assert (said(june), june.trusted, june.head.revision) == ("", True, 2)
    assert {name: june.counts[name] for name in ("settlements", "partners", "held")} == {
        "settlements": 3,
        "partners": 5,
        "held": 0,
    }
    assert "the chain of proofs begins here: the first month that was assessed here" in june.notes
    july = verify_proof(proven.july, trusted=[proven.public], before=proven.june)
    assert (said(july), july.counts["partners"], july.counts["held"]) == ("", 2, 2)
    assert "2 partners held: each keeps the rate that it had" in july.notes


def test_the_register_of_the_newest_revision_is_that_of_the_command_line(proven: Proven) -> None:
    members = members_of(proven.june)
    assert json.loads(members["registers/2.json"]) == proven.world.register("2015-06")
    before = {row["partner_id"]: row for row in json.loads(members["registers/1.json"])["partners"]}
    assert before["P5"]["mrr_eur_cents"] == 5_000_00


CENT = {"registers/2.json": swap('"mrr_eur_cents": 250000', '"mrr_eur_cents": 250001')}


def test_one_cent_in_a_register_names_the_file_and_the_partner(proven: Proven, tmp_path: Path) -> None:
    found = verify_proof(edited(proven.june, tmp_path / "copy.zip", CENT))
    assert "registers/2.json: was changed: its sha256 is" in said(found)
    assert "registers/2.json: partner P1: mrr_eur_cents is 2,500.01 EUR, decided again 2,500.00 EUR" in said(found)


def test_one_cent_signed_anew_with_another_key_is_refused_by_the_key(proven: Proven, tmp_path: Path) -> None:
    other = new_key(tmp_path / "other.pem")
    copy = edited(proven.june, tmp_path / "copy.zip", CENT, other)
    refused = verify_proof(copy, trusted=[proven.public])
    assert not refused.trusted
    key = f"the proof is signed by the key {other.fingerprint}, expected {proven.key.fingerprint}"
    assert f"{PUBLIC_KEY}: {key}" in said(refused)
    assert "partner P1: mrr_eur_cents" in said(verify_proof(copy)), "and without a trusted key by the figures"


def test_one_cent_signed_anew_with_the_right_key_is_refused_by_deciding_again(proven: Proven, tmp_path: Path) -> None:
    found = verify_proof(edited(proven.june, tmp_path / "copy.zip", CENT, proven.key), trusted=[proven.public])
    assert found.trusted
    assert said(found) == "registers/2.json: partner P1: mrr_eur_cents is 2,500.01 EUR, decided again 2,500.00 EUR"


@pytest.mark.parametrize(
    ("edits", "says"),
    [
        (
            {"registers/2.json": swap('"tier": 2', '"tier": 5')},
            "registers/2.json: partner P1: tier is 5, decided again 2",
        ),
        (
            {"registers/2.json": swap('"outcome": "lapsed"', '"outcome": "confirmed"')},
            "outcome is confirmed, decided again lapsed",
        ),
        ({"registers/1.json": swap('"units_per_eur": "1.1"', '"units_per_eur": "1.0"')}, "partner P2: accounts US B2"),
        ({"registers/2.json": swap('"bucket": "setup"', '"bucket": "tax"')}, "registers/2.json: buckets"),
        (
            {"settlements/2/rates.jsonl": swap("3000,", "2000,")},
            "partner P3: row 2015-07-27: monthly_fee_discount_bp is 2000, decided again 3000",
        ),
        ({"settlements/1/rates.jsonl": lambda content: content[: content.rindex(b'["P5"')]}, "partner P5"),
        ({"settlements/3/letters.jsonl": swap('"restated"', '"no_change"')}, "partner P5: letter is no_change"),
        ({"settlements/1/held.jsonl": swap("not closed", "not open")}, "settlements/1/held.jsonl: partner P2"),
        ({"settlements/2/buckets.jsonl": swap('"counted",', '"unmatched",')}, "settlements/2/buckets.jsonl: row"),
        ({"settlements/2/entity_totals.jsonl": swap('["NL",', '["NL",1')}, "settlements/2/entity_totals.jsonl: row NL"),
        (
            {"settlements/2/unmatched.jsonl": swap("NOBODYS", "NOBODIES")},
            "settlements/2/unmatched.jsonl: row NL NOBODYS",
        ),
        ({"settlements/1/inputs/account_links.jsonl": swap('"P1","NL","A1"', '"P5","NL","A1"')}, "partner P1"),
        ({"settlements/2/inputs/exchange_rates.jsonl": swap('"1.1"', '"1.2"')}, "registers/1.json: partner P2"),
        ({"settlements/2/inputs/legacy_agreements.jsonl": swap("3000", "2900")}, "partner P3"),
        (
            {"settlements/1/inputs/open_grants.jsonl": swap('"2015-07-27"', '"2015-12-01"')},
            "outcome is lapsed, decided again nothing",
        ),
        ({"snapshots/1/groups.jsonl": swap("7500000", "7499970")}, "partner P1: mrr_eur_cents is 2,500.00 EUR"),
        ({"snapshots/1/groups.jsonl": swap("250000", "249999")}, "snapshots/1/snapshot.jsonl: its hash is not that"),
        (
            {"restated_partners.jsonl": lambda content: content.replace(b'"P5"', b'"P1"')},
            "settlements/3/inputs/restated.jsonl: partner P5",
        ),
        ({"settlements.jsonl": swap('"2015-07-30"', '"2015-07-31"')}, "registers/2.json: effective_on is 2015-07-30"),
        ({"settlements/1/inputs/run.jsonl": swap('"2015-06"', '"2015-05"')}, "is of another month"),
    ],
)
def test_what_is_signed_with_the_right_key_and_wrong_is_found(
    proven: Proven, tmp_path: Path, edits: dict[str, Edit], says: str
) -> None:
    found = verify_proof(edited(proven.june, tmp_path / "copy.zip", edits, proven.key), trusted=[proven.public])
    assert found.trusted
    assert says in said(found)


def test_another_programme_file_is_named(proven: Proven, tmp_path: Path) -> None:
    (name,) = [each for each in members_of(proven.june) if each.startswith("programmes/")]
    copy = edited(proven.june, tmp_path / "copy.zip", {name: swap("50000", "50001")}, proven.key)
    assert f"{name}: is another programme than the month's" in said(verify_proof(copy))


def test_a_changed_byte_of_any_member_names_it(proven: Proven, tmp_path: Path) -> None:
    members = members_of(proven.july)
    rng = Random(1)
    for name, content in members.items():
        at = rng.randrange(len(content))
        copy = members | {name: content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]}
        try:
            found = said(verify_proof(written(tmp_path / "copy.zip", copy)))
        except Refusal as refusal:
            found = str(refusal)
        if name == MANIFEST:  # then its signature is wrong, or it can no longer be read
            assert any(each in found for each in (MANIFEST, SIGNATURE)), name
        else:
            assert name in found, name


def test_a_changed_byte_anywhere_in_the_file_is_found(proven: Proven, tmp_path: Path) -> None:
    whole, copy, rng = proven.july.read_bytes(), tmp_path / "copy.zip", Random(2)
    directory = whole.index(b"PK\1\2")
    places = {rng.randrange(len(whole)) for _ in range(40)} | {rng.randrange(directory, len(whole)) for _ in range(60)}
    for at in places | set(range(30)) | {len(whole) - 1}:
        copy.write_bytes(whole[:at] + bytes([whole[at] ^ 0x20]) + whole[at + 1 :])
        assert not_proven(copy), at


def not_proven(proof: Path) -> bool:
    try:
        return not verify_proof(proof).holds
    except Refusal:
        return True


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_proof_that_was_cut_off_is_refused(proven: Proven, tmp_path: Path, part: float) -> None:
    whole, copy = proven.june.read_bytes(), tmp_path / "copy.zip"
    copy.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(Refusal, match=r"copy\.zip: is no zip, or was cut off"):
        verify_proof(copy)


def test_files_that_are_missing_added_renamed_or_there_twice_are_named(proven: Proven, tmp_path: Path) -> None:
    members, copy = members_of(proven.june), tmp_path / "copy.zip"
    held = "settlements/2/held.jsonl"
    without = {name: content for name, content in members.items() if name != held}
    assert f"{held}: is missing" in said(verify_proof(written(copy, without)))
    found = verify_proof(written(copy, members, ("notes.txt", b"paid")))
    assert said(found) == "notes.txt: was added: the manifest does not name it"
    found = verify_proof(written(copy, without, ("settlements/2/kept.jsonl", members[held])))
    assert f"{held}: was renamed to settlements/2/kept.jsonl" in said(found)
    twice = written(copy, members, ("registers/2.json", members["registers/2.json"]))
    assert "registers/2.json: is there 2 times" in said(verify_proof(twice))
    for name in (PUBLIC_KEY, SIGNATURE):
        left = {each: content for each, content in members.items() if each != name}
        assert f"{name}: is missing: nobody vouches for this proof" in said(verify_proof(written(copy, left)))
    left = {each: content for each, content in members.items() if each != MANIFEST}
    with pytest.raises(Refusal, match=r"copy\.zip: has no manifest\.json: it is no proof of a month"):
        verify_proof(written(copy, left))


def test_a_proof_that_was_packed_again_holds_the_same_files_and_is_not_the_same(proven: Proven, tmp_path: Path) -> None:
    copy = tmp_path / "copy.zip"
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members_of(proven.june).items():
            archive.writestr(name, content)
    assert said(verify_proof(copy)).startswith("copy.zip: was changed at byte 0")


def test_bytes_before_between_and_after_the_files_are_found(proven: Proven, tmp_path: Path) -> None:
    whole, copy = proven.june.read_bytes(), tmp_path / "copy.zip"
    for changed in (b"#!/bin/sh\n" + whole, whole + b"\0", whole[:-2] + b"\4\0paid"):
        copy.write_bytes(changed)
        assert not_proven(copy)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("../../etc/passwd", "leads out of the zip: nothing of it was read"),
        ("/etc/passwd", "leads out of the zip"),
        ("a\\..\\b", "leads out of the zip"),
        ("C:windows", "leads out of the zip"),
    ],
)
def test_a_path_that_leads_out_is_refused(proven: Proven, tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(Refusal, match=says):
        verify_proof(written(tmp_path / "copy.zip", members_of(proven.june), (name, b"x")))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(proven: Proven, tmp_path: Path) -> None:
    copy = tmp_path / "copy.zip"
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("registers/9.json", b"0" * 50_000_000)
        for name, content in members_of(proven.june).items():
            archive.writestr(name, content)
    with pytest.raises(Refusal, match=r"registers/9\.json would unpack to 50,000,000 bytes: a zip bomb"):
        verify_proof(copy)


def test_other_files_are_no_proofs(proven: Proven, tmp_path: Path) -> None:
    copy = tmp_path / "copy.zip"
    copy.write_bytes(b"")
    with pytest.raises(Refusal, match="is no zip"):
        verify_proof(copy)
    members = members_of(proven.june)
    with pytest.raises(Refusal, match=r"manifest\.json: is not that of a month's proof"):
        verify_proof(written(copy, members | {MANIFEST: b"[]"}))
    newer = members[MANIFEST].replace(b'"format": 1', b'"format": 2')
    with pytest.raises(Refusal, match=r"manifest\.json: format 2, this version reads 1"):
        verify_proof(written(copy, members | {MANIFEST: newer}))


def test_the_chain_is_broken_by_another_proof_another_month_and_another_installation(
    proven: Proven, tmp_path: Path
) -> None:
    copy = edited(proven.june, tmp_path / "june.zip", {"acts.jsonl": swap("month run", "month ran")}, proven.key)
    assert "june.zip has" in said(verify_proof(proven.july, before=copy))
    assert "july.zip is the proof of 2015-07, expected 2015-06" in said(verify_proof(proven.july, before=proven.july))
    assert "names no proof before it" in said(verify_proof(proven.june, before=proven.july))
    members = members_of(proven.june)
    manifest = json.loads(members[MANIFEST]) | {"installation": "another"}
    members[MANIFEST] = json.dumps(manifest).encode()
    sign_anew(members, proven.key)
    theirs = written(tmp_path / "theirs.zip", members)
    assert verify_proof(theirs).holds
    assert "theirs.zip is a proof of another installation" in said(verify_proof(proven.july, before=theirs))


def test_old_proofs_hold_with_the_old_key_after_a_rotation(proven: Proven, tmp_path: Path) -> None:
    new = new_key(tmp_path / "new.pem")
    public = tmp_path / "new-public.pem"
    public.write_bytes(new.public)
    assert verify_proof(proven.june, trusted=[public, proven.public]).holds
    assert not verify_proof(proven.june, trusted=[public]).holds


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "expected a public key as PEM"), (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "PEM")],
)
def test_a_trusted_key_that_is_none_is_refused(proven: Proven, tmp_path: Path, content: bytes, says: str) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(content)
    with pytest.raises(Refusal, match=says):
        verify_proof(proven.june, trusted=[key])
    with pytest.raises(Refusal, match="is a private key, which nobody but its owner may have"):
        verify_proof(proven.june, trusted=[proven.folder / "key.pem"])
