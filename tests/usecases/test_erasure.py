"""An erased person is nowhere any more, what was decided and sent is, and nothing can be sent to the pseudonym."""

import json
import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import date
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.acts import Doer
from partner_program.domain.disputes import Subject
from partner_program.domain.refusals import Refusal
from partner_program.usecases.benefits import Asked, Said, request_benefit
from partner_program.usecases.disputes import open_dispute
from partner_program.usecases.erasure import ErasureReport, erase_contact, erase_person
from partner_program.usecases.letters.book import write_book
from partner_program.usecases.letters.documents import letter_pdf
from partner_program.usecases.letters.resolution import resolve_letters
from partner_program.usecases.registry import load_registry_folder, loader
from tests.servers import Postgres
from tests.usecases.dying import die_at
from tests.usecases.letter_world import MONTH, LetterWorld, render, with_letters
from tests.usecases.three_partners import GO_LIVE, JUNE, three_partners
from tests.worlds import World

ADDRESS, NAME = "zoe.ohara@p2.example", 'Zoë "Z" O\'Hara'
DPO = Doer("dpo", f"asked for by {ADDRESS}", 1_438_300_000)
PSEUDONYM = "erased-"


def zoe_at_p2(world: World) -> None:
    with_letters(world)
    contact = next(each for each in world.tables["contacts"] if each["partner_id"] == "P2")
    contact.update(name=NAME, email=ADDRESS.replace("zoe", "Zoe"))
    world.tables["contacts"].append({"partner_id": "P2", "name": "Sam", "email": "sam@p2.example", "role": "billing"})
    world.grant("G1", "P3", 4, "2015-07-01", "2016-01-01")
    world.load()
    render(world)


@pytest.fixture
def letters(world: World) -> LetterWorld:
    """June's letters, of which P2's goes to Zoë and to Sam."""
    world.become(zoe_at_p2)
    return with_key(LetterWorld(world))


def with_key(letters: LetterWorld) -> LetterWorld:
    letters.world.connections["pseudonyms"] = ConnectionFields("pseudonyms", "generic", password="a key of 20 letters")
    return letters


def erase(letters: LetterWorld, address: str = ADDRESS, by: Doer = DPO) -> ErasureReport:
    return erase_contact(letters.here, address, letters.world.folder / "registry", by=by)


def everything(letters: LetterWorld) -> str:
    """All that is stored and written: the database, what is below `out`, and the registry's files."""
    texts = [*letters.world.dump()]
    for folder in ("out", "registry"):
        texts += [path.read_text() for path in sorted((letters.world.folder / folder).rglob("*")) if path.is_file()]
    return "\n".join(texts)


def test_nothing_names_the_contact_and_the_letters_stand(letters: LetterWorld) -> None:
    letters.approve()
    letters.send()
    resolve_letters(
        letters.here, MONTH, "resend", DPO, recipients=[ADDRESS.replace("zoe", "Zoe")], written_to_files=True
    )
    letters.approve("kim")
    letters.send()
    before = letters.world.rows("SELECT partner_id, status, content_hash, message_id FROM delivery ORDER BY message_id")
    approved = letters.world.rows("SELECT batch_hash FROM letter_action")
    there = everything(letters)
    assert "ohara" in there.lower()
    assert "O'Hara" in there

    report = erase(letters)

    left = everything(letters)
    assert "ohara" not in left.lower()
    assert "hara" not in left.lower()
    assert "Sam" in left
    assert (report.registry_rows, report.letters) == (1, 1)
    assert report.files == 5  # Zoë's two messages, Sam's, and the letter's page and text, which greet both
    assert (
        letters.world.rows("SELECT partner_id, status, content_hash, message_id FROM delivery ORDER BY message_id")
        == before
    )
    assert letters.world.rows("SELECT batch_hash FROM letter_action") == approved
    kinds = letters.world.rows("SELECT subject, done_by, reason FROM act WHERE kind = 'person erased' ORDER BY 1")
    assert kinds == [
        ("P2", "dpo", f"asked for by {report.pseudonym}"),
        (report.pseudonym, "dpo", f"asked for by {report.pseudonym}"),
    ]


def test_every_act_still_has_its_hash_or_the_erasure_says_which(letters: LetterWorld) -> None:
    detail = json.dumps({"deliveries": [[1, "P2", ADDRESS]]})
    digest = sha256(detail.encode()).hexdigest()
    with closing(sqlite3.connect(letters.world.program_db)) as connection, connection:
        connection.execute(
            "INSERT INTO act (kind, subject, done_by, done_at, reason, decided_hash, detail)"
            " VALUES ('letter never came', '2015-06', 'kim', 1, ?, ?, ?)",
            (f"{NAME} rang", digest, detail),
        )

    erase(letters)

    acts = letters.world.rows("SELECT act_id, kind, decided_hash, detail, reason FROM act")
    rehashed: dict[str, str] = {}
    for _, kind, _, detail, _ in acts:
        if kind == "person erased":
            rehashed.update(json.loads(detail).get("acts", {}))
    changed = next(row for row in acts if row[1] == "letter never came")
    assert changed[2] == digest
    assert list(rehashed) == [str(changed[0])]
    assert "O'Hara" in changed[4]  # the act is about no partner: only the address is certain to mean this person
    for act_id, _, decided, text, _ in acts:
        assert sha256(text.encode()).hexdigest() == rehashed.get(str(act_id), decided)


def test_a_letter_that_was_not_sent_never_is(letters: LetterWorld) -> None:
    letters.approve()
    erase(letters)
    assert letters.world.rows("SELECT status, reply FROM delivery WHERE recipient LIKE 'erased%'") == [
        ("undeliverable", "its recipient was erased")
    ]
    resolve_letters(letters.here, MONTH, "resend", DPO, partners=["P2"])
    render(letters.world)  # the letter greeted both; it greets Sam alone now
    letters.approve("kim")
    letters.send()
    assert letters.world.rows("SELECT status FROM delivery WHERE recipient LIKE 'erased%'") == [("undeliverable",)]
    assert not [
        path for path in (letters.world.folder / "out" / "mail").rglob("*.eml") if b'To: "erased' in path.read_bytes()
    ]


def test_a_letter_on_its_way_is_waited_for(letters: LetterWorld) -> None:
    letters.approve()
    with closing(sqlite3.connect(letters.world.program_db)) as connection, connection:
        connection.execute(
            "UPDATE delivery SET status = 'claimed', claimed_by = 'x', claimed_until = 1 WHERE partner_id = 'P2'"
        )
    before = everything(letters)
    with pytest.raises(Refusal, match="is being sent to this person"):
        erase(letters)
    assert everything(letters) == before


def test_erased_twice_there_is_nobody(letters: LetterWorld) -> None:
    erase(letters)
    before = everything(letters)
    with pytest.raises(Refusal, match="nothing names this person"):
        erase(letters)
    assert everything(letters) == before


def test_a_contact_that_left_the_registry_before_needs_no_folder(letters: LetterWorld) -> None:
    letters.approve()
    letters.send()
    world = letters.world
    world.tables["contacts"] = [each for each in world.tables["contacts"] if "ohara" not in each["email"]]
    world.load()
    report = erase_contact(letters.here, ADDRESS, None, by=DPO)
    assert (report.registry_rows, report.letters) == (0, 1)
    assert "hara" not in everything(letters).lower()


@pytest.mark.parametrize(
    ("address", "folder", "why"),
    [
        (ADDRESS, False, "is a contact of P2: name the registry's folder with --into"),
        ("nobody@else.example", True, "nothing names this person"),
    ],
)
def test_what_is_refused_changes_nothing(letters: LetterWorld, address: str, folder: bool, why: str) -> None:
    before = everything(letters)
    with pytest.raises(Refusal, match=why):
        erase_contact(letters.here, address, letters.world.folder / "registry" if folder else None, by=DPO)
    assert everything(letters) == before


@pytest.mark.parametrize("password", [None, "", "short"])
def test_without_a_key_nothing_is_erased(letters: LetterWorld, password: str | None) -> None:
    letters.world.connections["pseudonyms"] = ConnectionFields("pseudonyms", "generic", password=password)
    with pytest.raises(Refusal, match="at least 16 characters") as refusal:
        erase(letters)
    assert "short" not in str(refusal.value)


def test_one_of_the_staff_leaves_acts_grants_and_letters(letters: LetterWorld) -> None:
    world = letters.world
    letters.approve("Robin Staf")
    letters.send()
    with pytest.raises(Refusal, match="is partner manager M1: give the partners another manager"):
        erase_person(letters.here, world.tables["account_managers"][0]["name"], None, also=(), by=DPO)
    grant = world.tables["grace_grants"][0]
    name = grant["granted_by"] = "Robin Staf"
    grant["reason"] = "Robin Staf, asked twice"
    request = {"partner_id": "P3", "benefit": "seeding_options", "status": "approved", "decided_by": name}
    more = {"valid_from": "2015-07-27", "valid_to": "2015-09-01", "quantity": "1", "purpose": f"{name} knows"}
    world.tables["benefit_requests"].append({**request, **more})
    world.load()
    with pytest.raises(Refusal, match="stands in the registry's files"):
        erase_person(letters.here, name, None, also=(), by=DPO)

    report = erase_person(letters.here, "robin staf", world.folder / "registry", also=(), by=DPO)

    assert "Robin" not in everything(letters)
    assert world.rows("SELECT granted_by FROM grace_grant") == [(report.pseudonym,)]
    assert world.rows("SELECT DISTINCT done_by FROM letter_action") == [(report.pseudonym,)]
    assert report.registry_rows == 1


def test_a_former_manager_leaves_the_letters(letters: LetterWorld) -> None:
    letters.approve()
    letters.send()
    world = letters.world
    manager = dict(world.tables["account_managers"][0])
    world.tables["account_managers"][0].update(name="Kit Nova", email="kit@us.example", phone="+31 1 1")
    world.load()
    also = (manager["email"], manager["phone"])
    assert manager["email"] in everything(letters)
    for kept, who in (("KIT@us.example", "partner manager M1"), ("sam@p2.example", "a contact of P2")):
        with pytest.raises(Refusal, match=f"is {who}"):
            erase_person(letters.here, manager["name"], None, also=(kept,), by=DPO)
    folder = world.folder / "registry"
    erase_person(letters.here, manager["name"], folder, also=also, by=DPO)
    left = everything(letters)
    for words in (manager["name"], *also):
        assert words not in left


TODAY = date(2015, 8, 3)


def folder_is_loaded(letters: LetterWorld) -> bool:
    """Whether loading the registry's folder, as it is now, changes nothing."""
    folder = letters.world.folder / "registry"
    return load_registry_folder(letters.here, folder, loaded_by=loader("pat", None))[1] == 0


def test_a_contact_leaves_what_was_asked_and_disputed_for_the_partner(letters: LetterWorld) -> None:
    world, by_zoe = letters.world, {"by": f" {NAME.upper()}", "today": TODAY}
    asked = Asked("P2", "mdf", TODAY, amount_cents=100_00, activity=f"dinner with {NAME}", market=f"that of {NAME}")
    request_benefit(letters.here, asked, Said(by_zoe["by"], f"{NAME} knows guests", TODAY))
    subject = Subject("line", "US", "L1")
    open_dispute(letters.here, "P2", MONTH, subject, reason=f"{NAME} misses it", **by_zoe)
    open_dispute(letters.here, "P1", MONTH, subject, by=ADDRESS, reason="hers as well", today=TODAY)
    open_dispute(letters.here, "P3", MONTH, subject, by="pat", reason=f"as another {NAME} says", today=TODAY)

    report = erase(letters)

    assert everything(letters).lower().count("hara") == 2  # of P3's dispute and its act: who knows whether it is she
    assert world.rows("SELECT done_by, reason FROM dispute_step ORDER BY dispute_id") == [
        (report.pseudonym, "hers as well"),
        (report.pseudonym, f"{report.pseudonym} misses it"),
        ("pat", f"as another {NAME} says"),
    ]
    assert report.acts == 6


@pytest.mark.parametrize("is_contact", [True, False])
def test_a_contact_leaves_the_words_of_the_registry_and_they_load_again(letters: LetterWorld, is_contact: bool) -> None:
    world = letters.world
    request = {"partner_id": "P2", "benefit": "seeding_options", "status": "approved", "decided_by": "pat"}
    more = {"valid_from": "2015-07-27", "valid_to": "2015-09-01", "quantity": "1", "purpose": f"{NAME} tries it"}
    world.tables["benefit_requests"].append({**request, **more, "reason": f"{NAME} paid"})
    world.grant("G2", "P2", 4, "2015-07-01", "2016-01-01")
    world.tables["grace_grants"][-1]["reason"] = f"{ADDRESS} asked"
    if not is_contact:
        world.tables["contacts"] = [each for each in world.tables["contacts"] if "ohara" not in each["email"]]
    world.load()
    why = "is a contact of P2" if is_contact else "stands in the registry's files, of P2: name their folder"
    with pytest.raises(Refusal, match=why):
        erase_contact(letters.here, ADDRESS, None, by=DPO)

    erase(letters)

    assert "hara" not in everything(letters).lower()
    assert folder_is_loaded(letters)


def test_a_contact_leaves_pdfs_and_the_preview_book(letters: LetterWorld) -> None:
    letters.approve("kim")
    letters.send()
    resolve_letters(letters.here, MONTH, "resend", DPO, partners=["P2"], written_to_files=True)
    book = write_book(letters.here, MONTH, today=TODAY)
    assert ADDRESS in book.read_text()
    theirs, others = (letter_pdf(letters.here, partner_id, MONTH) for partner_id in ("P2", "P1"))

    assert erase(letters).files == 6  # two messages, page, text, preview book, PDF

    assert (theirs.exists(), others.exists()) == (False, True)
    assert ADDRESS not in book.read_text()
    assert folder_is_loaded(letters)


def test_an_address_leaves_as_mail_servers_write_it(world: World) -> None:
    three_partners(world)
    next(each for each in world.tables["contacts"] if each["partner_id"] == "P2")["email"] = "zoe@m\u00fcller.example"
    world.load()
    world.settle(JUNE, on=GO_LIVE)
    render(world)
    letters = with_key(LetterWorld(world))
    letters.approve()
    letters.send()
    with closing(sqlite3.connect(world.program_db)) as connection, connection:
        connection.execute("UPDATE delivery SET reply = 'no <zoe@xn--mller-kva.example>' WHERE partner_id = 'P2'")
    erase(letters, "zoe@m\u00fcller.example")
    left = everything(letters)
    assert "ller.example" not in left
    assert "ller-kva" not in left


def test_who_is_named_in_words_alone_is_erased_too(letters: LetterWorld) -> None:
    letters.approve("kim")
    dispute = {"subject": Subject("line", "US", "L1"), "reason": "as Sam  Staf says", "today": TODAY}
    open_dispute(letters.here, "P2", MONTH, by="pat", **dispute)
    report = erase_person(letters.here, "Sam Staf", None, also=(), by=DPO)
    assert report.acts == 2
    assert "Staf" not in everything(letters)


def test_one_of_the_staff_leaves_under_login_and_with_more_words(letters: LetterWorld) -> None:
    letters.approve("rstaf")
    letters.send()
    open_dispute(
        letters.here, "P2", MONTH, Subject("line", "US", "L1"), by="Robin Staf (sales)", reason="so", today=TODAY
    )
    pdf = letter_pdf(letters.here, "P1", MONTH)
    report = erase_person(letters.here, "Robin Staf", None, also=("rstaf",), by=DPO)
    assert not pdf.exists()
    left = everything(letters)
    assert "rstaf" not in left
    assert "Robin" not in left
    assert letters.world.rows("SELECT DISTINCT done_by FROM letter_action") == [(report.pseudonym,)]
    assert letters.world.rows("SELECT DISTINCT done_by FROM dispute_step") == [(f"{report.pseudonym} (sales)",)]


def test_who_granted_leaves_the_drafts_and_the_month_can_be_run_again(world: World) -> None:
    three_partners(world)
    world.grant("G1", "P3", 4, "2015-07-01", "2016-01-01")
    world.tables["grace_grants"][-1]["granted_by"] = "Robin Staf"
    world.load()
    world.settle(JUNE, on=GO_LIVE)
    letters = with_key(LetterWorld(world))
    drafts = world.rows("SELECT stage FROM draft_batch")
    assert any("Robin" in body for (body,) in world.rows("SELECT body FROM draft_batch"))
    before = world.register(JUNE)
    erase_person(letters.here, "robin staf", world.folder / "registry", also=("31 1 1",), by=DPO)
    assert "Robin" not in everything(letters)
    left = world.rows("SELECT stage FROM draft_batch")
    assert set(drafts) - set(left) == {("settle_grace_periods",)}, "no draft but the one that names who granted"
    assert not world.settle(JUNE, on=GO_LIVE).changed
    assert world.register(JUNE) == before


@pytest.mark.processes
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_killed_anywhere_a_second_try_finishes(letters: LetterWorld, tmp_path_factory: pytest.TempPathFactory) -> None:
    letters.approve()
    letters.send()
    kept = tmp_path_factory.mktemp("kept") / "world"
    shutil.copytree(letters.world.folder, kept)
    point = 1
    while die_at(point, lambda: erase(letters)):
        with suppress(Refusal):  # it was finished, but for the word about it
            erase(letters)
        assert "hara" not in everything(letters).lower(), point
        assert len(letters.world.rows("SELECT 1 FROM act WHERE kind = 'person erased' AND partner_id = 'P2'")) >= 1
        letters.restored_from(kept)
        point += 4
    assert point > 12


OPEN = "INSERT INTO erasure VALUES (99, 'erased-1', 1)"
CLOSED = "INSERT INTO erasure VALUES (98, 'erased-1', 0)"
RENAME = "UPDATE delivery SET recipient = 'erased-1' WHERE recipient = 'sam@p2.example'"
GUARDED: list[tuple[tuple[str, ...], str | None]] = [
    (("UPDATE act SET done_by = 'x'",), "act is append-only"),
    ((CLOSED, "UPDATE act SET done_by = 'x'"), "act is append-only"),
    ((OPEN, "UPDATE act SET done_by = 'x'"), None),
    ((OPEN, "UPDATE act SET decided_hash = 'x'"), "act is append-only"),
    ((OPEN, "UPDATE act SET done_by = 'x', done_at = 1"), "act is append-only"),
    ((OPEN, "DELETE FROM act"), "act is append-only"),
    ((RENAME,), "keeps its month, partner and recipient"),
    ((CLOSED, RENAME), "keeps its month, partner and recipient"),
    ((OPEN, RENAME), None),
    (
        (OPEN, "UPDATE delivery SET recipient = 'other@p2.example' WHERE recipient = 'sam@p2.example'"),
        "keeps its month",
    ),
    ((OPEN, "UPDATE delivery SET partner_id = 'P1' WHERE recipient = 'sam@p2.example'"), "keeps its month"),
    ((OPEN, "UPDATE erasure SET is_open = 0 WHERE erasure_id = 99"), None),
    ((CLOSED, "UPDATE erasure SET is_open = 1 WHERE erasure_id = 98"), "an erasure can only be closed"),
    ((OPEN, "UPDATE erasure SET pseudonym = 'kim@p2.example'"), "an erasure can only be closed"),
    ((CLOSED, "DELETE FROM erasure"), "an erasure stays on record"),
]


def test_the_guards_open_for_an_erasure_alone(letters: LetterWorld) -> None:
    erase(letters)
    for statements, why in GUARDED:
        found = None
        with closing(sqlite3.connect(letters.world.program_db)) as connection:
            try:
                for statement in statements:
                    connection.execute(statement)
            except sqlite3.IntegrityError as error:
                found = str(error)
        assert (found is None) if why is None else (found is not None and why in found), (statements, found)


@pytest.mark.server
def test_on_a_server_too(shared_postgres: Postgres, tmp_path: Path) -> None:
    from tests.adapters.database.test_database_on_postgres import Programme

    found = Programme(World(tmp_path), shared_postgres.folder, shared_postgres.programme())
    found.through(found.folder)
    zoe_at_p2(found.world)
    letters = with_key(LetterWorld(found.world))
    letters.approve()
    letters.send()
    assert erase(letters).letters == 1
    pseudonym = erase_person(letters.here, "robin", None, also=(), by=DPO).pseudonym
    with psycopg.connect(host=found.folder, user="postgres", dbname=found.name) as connection:
        named = "SELECT count(*) FROM delivery WHERE recipient LIKE 'erased-%' AND status = 'accepted'"
        assert connection.execute(named).fetchone() == (1,)
        assert connection.execute("SELECT DISTINCT done_by FROM letter_action").fetchall() == [(pseudonym,)]
        connection.commit()
        for statements, why in GUARDED:
            said = None
            try:
                for statement in statements:
                    connection.execute(statement.encode())
            except psycopg.errors.RaiseException as error:
                said = str(error.diag.message_primary)
            connection.rollback()
            assert (said is None) if why is None else (said is not None and why in said), (statements, said)
    shared_postgres.drop(found.name)
