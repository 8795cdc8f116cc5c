"""The letter to a partner with very many accounts is looked at, approved and sent together with the list of them."""

import email
import re
from email import policy
from html import unescape
from pathlib import Path

import pytest

from partner_program.domain.refusals import Refusal
from partner_program.usecases.letters.book import write_book
from partner_program.usecases.letters.rendering import NotRendered, letters_folder
from partner_program.usecases.letters.rendering_processes import render_month
from tests.usecases.letter_world import MONTH, LetterWorld
from tests.usecases.three_partners import GO_LIVE, JUNE, three_partners
from tests.worlds import World

ACCOUNTS = 400


def with_a_big_partner(world: World) -> None:
    three_partners(world)
    for number in range(1, ACCOUNTS):
        world.link("P1", "NL", f"BIG-{number:04}")
        world.bill(f"BIG-{number:04}", JUNE, 1_234_56 + number)
    world.close(JUNE)
    world.load()
    world.settle(JUNE, on=GO_LIVE)
    assert render_month(world.installation, MONTH) == 3


@pytest.fixture
def june(world: World) -> LetterWorld:
    """June rendered; P1 has 400 accounts, the others have one or two."""
    world.become(with_a_big_partner)
    return LetterWorld(world)


def folder(june: LetterWorld) -> Path:
    return letters_folder(june.here, MONTH)


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_the_list_lies_beside_the_letter_and_the_book_shows_both_with_their_sizes(june: LetterWorld) -> None:
    assert [path.name for path in sorted(folder(june).glob("*.csv"))] == ["P1.csv"]
    assert folder(june).joinpath("P1.csv").stat().st_mode & 0o777 == 0o600
    page = write_book(june.here, MONTH, today=june.here.today()).read_text("utf-8")

    size = -(-sum((folder(june) / f"P1.{ending}").stat().st_size for ending in ("html", "txt")) // 1000)
    attached = -(-(folder(june) / "P1.csv").stat().st_size // 1000)
    assert f"HTML · Text · {size} kB Sums; attached: 400 accounts · {attached} kB" in words(page)
    assert words(page).count("Sums; attached") == 1
    assert 'href="P1.csv"' in page


def test_what_was_looked_at_is_what_is_sent_with_the_letter(june: LetterWorld) -> None:
    june.approve()
    june.send()

    assert june.states() == {"accepted": 3}
    sent = [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in june.here.out.rglob("*.eml")]
    (big,) = [each for each in sent if each.get_content_type() == "multipart/mixed"]
    letter, attached = big.iter_parts()
    assert attached.get_payload(decode=True) == (folder(june) / "P1.csv").read_bytes()
    html = [part.get_content() for part in letter.iter_parts()][1]  # type: ignore[attr-defined]
    assert html.replace("\r\n", "\n").rstrip("\n") == (folder(june) / "P1.html").read_text("utf-8").rstrip("\n")
    assert len(sent) == 3


@pytest.mark.parametrize("spoil", ["gone", "changed", "open to others"])
def test_a_list_that_is_not_as_it_was_written_is_written_again(june: LetterWorld, spoil: str) -> None:
    path = folder(june) / "P1.csv"
    before = path.read_bytes()
    if spoil == "gone":
        path.unlink()
    elif spoil == "changed":
        path.write_bytes(before.replace(b"BIG-0007", b"BIG-0008"))
    else:
        path.chmod(0o644)
    render_month(june.here, MONTH)

    assert path.read_bytes() == before
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_list_that_a_letter_no_longer_has_is_removed(june: LetterWorld) -> None:
    stray = folder(june) / "P2.csv"
    stray.write_bytes(b"of another day")
    stray.chmod(0o600)
    render_month(june.here, MONTH)

    assert not stray.exists()


def test_a_letter_that_no_mail_can_carry_is_named_before_anybody_approves_and_the_others_are_there(
    world: World,
) -> None:
    three_partners(world)
    for number in range(120):
        values = {"partner_id": "P2", "name": f"{number} " + "é" * 150, "email": f"c{number}@p2.example"}
        world.tables["contacts"].append(values | {"role": "billing"})
    world.load()
    world.settle(JUNE, on=GO_LIVE)

    said = (
        r"1 letter of 2015-06 could not be rendered, .*: P2: no mail can carry this letter: text and HTML together take"
    )
    with pytest.raises(NotRendered, match=said):
        render_month(world.installation, MONTH)
    assert sorted(path.stem for path in letters_folder(world.installation, MONTH).glob("*.html")) == ["P1", "P3"]
    with pytest.raises(Refusal, match="121 letters of 2015-06 are not rendered yet, the first for P2"):
        LetterWorld(world).approve()
