"""What was compiled is used again where it is the same, and nowhere else."""

from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from partner_program.adapters.letters.compiler import LetterEnvironment
from tests.letters.made_facts import facts
from tests.letters.read_templates import read_templates

FOLDER = Path(__file__).parents[3] / "include/templates/letters/v1"
NOBODY = replace(facts(), language="nl", contact_names=())


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the version, whose own letters have been rendered in this process."""
    read_templates(FOLDER).render(NOBODY)
    return Path(copytree(FOLDER, tmp_path / "v1"))


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the templates that Jinja2 compiles from now on."""
    found: list[str] = []
    compile_template = LetterEnvironment.compile

    def noted(self: LetterEnvironment, source: Any, name: Any = None, *others: Any, **more: Any) -> Any:
        found.append(name)
        return compile_template(self, source, name, *others, **more)

    monkeypatch.setattr(LetterEnvironment, "compile", noted)
    return found


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_equal_files_in_another_folder_are_not_compiled_again(copy: Path, compiled: list[str]) -> None:
    assert read_templates(copy).render(NOBODY) == read_templates(FOLDER).render(NOBODY)
    assert compiled == []


def test_a_changed_message_is_compiled_again_in_its_language_alone(copy: Path) -> None:
    replaced(copy / "catalogues/nl.po", 'msgstr "Beste partner,"', 'msgstr "Geachte partner,"')

    for templates, greeting in ((read_templates(copy), "Geachte"), (read_templates(FOLDER), "Beste")):
        letter = templates.render(NOBODY)
        assert f"{greeting} partner," in letter.text
        assert f"{greeting} partner," in letter.html
        assert "Dear partner," in templates.render(replace(NOBODY, language="en")).text


def test_a_changed_template_alone_is_compiled_again(copy: Path, compiled: list[str]) -> None:
    (copy / "letter.txt.j2").write_text((copy / "letter.txt.j2").read_text("utf-8") + "The end & more", "utf-8")

    assert read_templates(copy).render(NOBODY).text.endswith("The end & more")
    assert compiled == ["letter.txt.j2"]
    assert "The end" not in read_templates(FOLDER).render(NOBODY).text


def test_html_is_escaped_and_text_is_not_though_both_use_the_same_sentences() -> None:
    letter = read_templates(FOLDER).render(replace(facts(), company_name="A & <b>B</b>"))

    assert "A &amp; &lt;b&gt;B&lt;/b&gt;" in letter.html
    assert "<b>B</b>" not in letter.html
    assert "A & <b>B</b>" in letter.text
