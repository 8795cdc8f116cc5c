"""`letters book` writes the page to read before an approval and prints its path."""

from pathlib import Path


def test_book_prints_the_path_of_the_page_beside_the_letters(settled):
    answer = settled("letters", "book", "2015-06")

    assert (answer.status, answer.stderr) == (0, "")
    page = Path(answer.stdout.removesuffix("\n"))
    assert page.parts[-3:] == ("letters", "2015-06", "index.html")
    assert "Company P2" in page.read_text("utf-8")


def test_a_month_that_was_not_assessed_has_no_book(settled):
    answer = settled("letters", "book", "2015-05")

    assert (answer.status, answer.stdout) == (1, "")
    assert "month 2015-05 is not assessed" in answer.said
