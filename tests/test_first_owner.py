"""The first owner's words stand in its own files alone: its programme, its brand, and the pages of docs about them."""

import re
from collections.abc import Iterator

import click

from partner_program.cli.commands import program
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


def helps(command: click.Command, *names: str, above: click.Context | None = None) -> Iterator[tuple[str, str]]:
    """The help of a command and of all below it, each by its words."""
    context = click.Context(command, info_name=" ".join(names[-1:]), parent=above)
    yield " ".join(names), command.get_help(context)
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from helps(each, *names, name, above=context)


def test_no_help_of_a_command_says_a_word_of_the_first_owners_or_is_about_euros_alone() -> None:
    words = re.compile(rf"{WORDS.pattern}|\b(?:Bronze|Silver|Gold|Platinum)\b|\bEUR\b|€|\beuros?\b", re.IGNORECASE)
    told = dict(helps(program))
    assert len(told) > 80
    found = {name: words.findall(text) for name, text in told.items() if words.search(text)}
    assert found == {"close record": ["EUR", "EUR"]}  # a currency as an example, and so in the example below it
