"""The first owner's words stand in its own files alone: its programme, its brand, and the pages of docs about them."""

import re

from partner_program.usecases.installation import PROJECT

ITS_OWN = {"include/program/2015-07-27.yaml", "include/templates/letters/v1/brand.yaml"}
WORDS = re.compile(r"lease ?web|\blsw\b|private rack|private cloud|authorized reseller", re.IGNORECASE)
ENDINGS = {".py", ".html", ".j2", ".po", ".typ", ".md", ".yaml", ".css", ".js", ".sql", ".sh", ".csv"}


def test_no_code_template_catalogue_or_dag_says_a_word_of_the_first_owners() -> None:
    found = [
        f"{place}:{number}: {line.strip()[:80]}"
        for folder in ("plugins", "dags", "include")
        for path in sorted((PROJECT / folder).rglob("*"))
        if path.suffix in ENDINGS and (place := path.relative_to(PROJECT).as_posix()) not in ITS_OWN
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if WORDS.search(line)
    ]
    assert found == []


def test_its_programme_and_brand_do_say_them() -> None:
    """The search finds what is there: an empty pattern would find nothing anywhere."""
    assert all(WORDS.search((PROJECT / place).read_text("utf-8")) for place in ITS_OWN)
