import errno
import re
import tempfile
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from partner_program.adapters.quality.expectations import validate
from partner_program.adapters.quality.report import write_quality_report
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.findings import Finding
from partner_program.domain.refusals import Unavailable
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import EntityRevenue, FaultyLine, MrrGroup, PeriodClose
from partner_program.domain.totals import Bucket, HeldPartner

JUNE = BillingMonth(2015, 6)
NL = Entity("NL", "Example Hosting B.V.", "NL", "EUR", "Europe/Amsterdam", date(2010, 1, 1))
US = Entity("US", "Example <b>Inc.</b>", "US", "USD", "America/New_York", date(2010, 1, 1))
SOUND = MrrGroup("A1", "EUR", "recurring", "posted", 1, 30, 3, 123456)
CLOSED = EntityRevenue("NL", (SOUND,), (), (PeriodClose("EUR", 3, 123456),), ())
NOT_CLOSED = EntityRevenue("US", (), (), (), (), "month 2015-06 not closed")


class Text(HTMLParser):
    """The text of a page, as a reader sees it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def __str__(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def report(folder: Path, revenues: tuple[EntityRevenue, ...], findings: tuple[Finding, ...] = ()) -> str:
    entities = [entity for entity in (NL, US) if entity.entity in {revenue.entity for revenue in revenues}]
    first = write_quality_report(folder, month=JUNE, findings=findings, revenues=revenues, entities=entities)
    return str(Text(first.read_text(encoding="utf-8")))


def test_the_report_of_a_sound_month_says_so_with_its_control_totals(tmp_path: Path) -> None:
    words = report(tmp_path / "r", (CLOSED,))
    assert "Complete. 1 legal entity usable, every check passed." in words
    assert "EUR 3 3 1,234.56 1,234.56 \N{CHECK MARK} agree" in words
    assert "EUR All lines read 3 1,234.56" in words


def test_a_critical_finding_is_explained_in_words_with_its_consequence(tmp_path: Path) -> None:
    finding = Finding("US", "critical", "read", "month 2015-06 not closed")
    words = report(tmp_path / "r", (CLOSED, NOT_CLOSED), (finding,))
    assert "Not complete. Of 2 legal entities, 1 cannot be used: US." in words
    assert "\N{BALLOT X} Critical month 2015-06 not closed" in words
    assert "Every partner with an account at this entity is held." in words


def test_warnings_alone_leave_the_month_complete(tmp_path: Path) -> None:
    examples = tuple(f"account A{number}" for number in range(20))
    finding = Finding("NL", "warning", "days", "something odd", 1000, examples)
    words = report(tmp_path / "r", (CLOSED,), (finding,))
    assert "Complete, with warnings. 1 legal entity usable; 1 warning to look at." in words
    assert "The first 20 of 1,000 account A0 account A1" in words


def test_lines_are_shown_by_what_is_known_of_them_before_they_are_matched(tmp_path: Path) -> None:
    groups = (SOUND, SOUND._replace(charge_kind="setup", lines=2), SOUND._replace(document_status="draft"))
    line = FaultyLine("L1", "A2", "EUR", "recurring", "posted", -150, "term_months", "0", "at least 1")
    tax = line._replace(charge_kind="tax", net_amount_minor=100)
    revenue = EntityRevenue("NL", groups, (line, tax), (PeriodClose("EUR", 3, 123456),), ())
    words = report(tmp_path / "r", (revenue,))
    assert "EUR Not counted: drafts 3 1,234.56 EUR Not counted: setup fees 2 1,234.56" in words
    assert "EUR Not counted: taxes 1 1.00" in words
    assert "still to be matched to partners 3 1,234.56 EUR All lines read 10 3,703.18" in words
    assert "EUR Faulty lines: they hold the partner of their account 1 -1.50" in words
    # Posted are three sound lines, two of setup and both faulty ones: 2 x 1,234.56 - 1.50 + 1.00.
    assert "EUR 3 7 1,234.56 2,468.62 \N{BALLOT X} differ" in words


def test_an_unreadable_amount_is_printed_as_such_and_cannot_agree(tmp_path: Path) -> None:
    line = FaultyLine("L1", "A2", "EUR", "recurring", "posted", None, "net_amount_minor", "x", "a whole number")
    revenue = EntityRevenue("NL", (SOUND,), (line,), (PeriodClose("EUR", 4, 1),), ())
    words = report(tmp_path / "r", (revenue,))
    assert "EUR 4 4 0.01 unreadable \N{BLACK UP-POINTING TRIANGLE} lines agree" in words


def test_unsound_groups_can_be_printed(tmp_path: Path) -> None:
    unsound = MrrGroup(None, None, None, "posted", "x", None, None, float("nan"))  # type: ignore[arg-type]
    words = report(tmp_path / "r", (EntityRevenue("NL", (unsound,), (), (), ()),))
    assert "None none 0 none unreadable \N{BALLOT X} not declared" in words
    assert "not closed" in words


def test_buckets_and_held_partners_are_shown_once_they_are_known(tmp_path: Path) -> None:
    first = write_quality_report(
        tmp_path / "r",
        month=JUNE,
        findings=[],
        revenues=[CLOSED],
        entities=[NL, US],
        buckets=[Bucket("NL", "EUR", "counted", 2, 100000), Bucket("NL", "EUR", "unmatched", 1, 23456)],
        held=[HeldPartner("P009", ("NL", "US"), "entity US: month 2015-06 not read")],
    )
    words = str(Text(first.read_text(encoding="utf-8")))
    assert "Conservation: all lines read = counted + every other bucket" in words
    assert "Unmatched: accounts of no partner, or of more than one 1 234.56 EUR Counted towards MRR 2 1,000.00" in words
    assert "EUR All lines read 3 1,234.56" in words
    assert "Partners held 1" in words
    assert "P009 NL, US entity US: month 2015-06 not read" in words
    assert "P009: entity US: month 2015-06 not read" in (tmp_path / "r" / "summary.md").read_text(encoding="utf-8")


def test_buckets_that_do_not_add_up_are_reported(tmp_path: Path) -> None:
    first = write_quality_report(
        tmp_path / "r", month=JUNE, findings=[], revenues=[CLOSED], entities=[NL],
        buckets=[Bucket("NL", "EUR", "counted", 2, 100000)],
    )  # fmt: skip
    assert "All lines read: not the sum of the rows above" in first.read_text(encoding="utf-8")


def test_values_from_outside_stay_text_in_html_and_markdown(tmp_path: Path) -> None:
    finding = Finding("US", "critical", "read", "<script>alert(1)</script> |\n*now*")
    first = write_quality_report(tmp_path / "r", month=JUNE, findings=[finding], revenues=[NOT_CLOSED], entities=[US])
    page = first.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "Example &lt;b&gt;Inc.&lt;/b&gt;" in page
    assert "\\<script\\>alert(1)\\</script\\> \\| \\*now\\*" in (tmp_path / "r" / "summary.md").read_text(
        encoding="utf-8"
    )


@pytest.mark.engine
def test_the_whole_folder_works_without_a_network(tmp_path: Path) -> None:
    """Every file refers only to files beside it, and each of those exists."""
    odd = Entity("D/E", "Example DE", "DE", "EUR", "Europe/Berlin", date(2010, 1, 1))
    revenues = [
        CLOSED,
        EntityRevenue("D/E", (SOUND._replace(term_months=0), SOUND._replace(covered_days="x")), (), (), ()),  # type: ignore[arg-type]
        NOT_CLOSED,
    ]
    entities, docs = [NL, US, odd], tmp_path / "docs"
    findings = validate(revenues, month=JUNE, entities=entities, rated_currencies=(), docs_folder=docs)
    folder = tmp_path / "r"
    write_quality_report(folder, month=JUNE, findings=findings, revenues=revenues, entities=entities, docs_folder=docs)
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert files == ["checks/D%2FE.html", "checks/NL.html", "index.html", "summary.md"]
    for name in files:
        text = (folder / name).read_text(encoding="utf-8")
        assert re.search(r"https?:|//[a-z]|<script|<link|<img|@import|url\(|\bsrc=", text) is None, name
    links = re.findall(r'href="([^"#]+)"', (folder / "index.html").read_text(encoding="utf-8"))
    assert links == ["checks/NL.html", "checks/D%252FE.html"]
    assert 'href="../index.html"' in (folder / "checks" / "NL.html").read_text(encoding="utf-8")
    assert "term_months must be at least 1" in (folder / "checks" / "D%2FE.html").read_text(encoding="utf-8")


def test_a_report_replaces_the_one_before_it_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "out" / "2015-06"
    report(folder, (CLOSED,))
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    (folder / "stale.html").write_text("old", encoding="utf-8")
    report(folder, (CLOSED,))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first
    assert [path.name for path in folder.parent.iterdir()] == ["2015-06"]


def test_a_report_that_cannot_be_written_leaves_the_old_one_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out" / "2015-06"
    report(folder, (CLOSED,))
    before = (folder / "index.html").read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    with pytest.raises(Unavailable, match="No space left"):
        report(folder, (NOT_CLOSED,))
    assert (folder / "index.html").read_bytes() == before
    assert [path.name for path in folder.parent.iterdir()] == ["2015-06"]
