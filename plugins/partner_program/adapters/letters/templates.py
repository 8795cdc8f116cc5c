"""Letters as rendered (rule 12): one set of facts becomes a subject, an HTML part and a plain-text part.

A template folder is a version: `letter.html.j2` and `letter.txt.j2`, the sentences both share, one catalogue of
messages per language and `brand.yaml`. Everything is compiled once per language. Escaping is set here for each part,
never guessed from a file's name; facts are values only and are never read as a template.
"""

import gettext
import hashlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml
from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from partner_program.adapters.letters.compiler import CompiledMessages, LetterEnvironment
from partner_program.adapters.letters.locale_format import LocaleFormat
from partner_program.adapters.letters.view import BenefitGroups, LetterView, letter_view
from partner_program.domain.letters import BenefitFact, LetterFacts
from partner_program.domain.refusals import Refusal


@dataclass(frozen=True, slots=True)
class RenderedLetter:
    """One letter, ready for the post; `language_used` differs from the partner's where no catalogue exists."""

    subject: str
    html: str
    text: str
    language_used: str


class LetterTemplates:
    """A versioned folder of templates, compiled on first use of a language and kept."""

    def __init__(self, folder: Path) -> None:
        """Read the brand and the list of catalogues; templates are compiled when a language is first asked for."""
        self.version = folder.name
        self.content_hash = _content_hash(folder)
        self.brand: dict[str, Any] = yaml.safe_load((folder / "brand.yaml").read_text("utf-8"))
        self.languages = tuple(sorted(path.stem for path in (folder / "catalogues").glob("*.po")))
        self.folder = folder
        self._compiled: dict[str, LanguageTemplates] = {}

    def render(self, facts: LetterFacts) -> RenderedLetter:
        """Write the letter that these facts call for, in the partner's language where there is a catalogue."""
        return self.in_language(facts.language).render(facts)

    def in_language(self, asked: str) -> "LanguageTemplates":
        """The compiled templates of a language (`nl`, `nl-BE`), or of the default one."""
        language = asked.replace("_", "-").partition("-")[0].lower()
        used = language if language in self.languages else self.brand["default_language"]
        if used not in self._compiled:
            self._compiled[used] = LanguageTemplates(self.folder, used, self.brand)
        return self._compiled[used]


class LanguageTemplates:
    """The templates of one language, compiled: a subject, an HTML and a text template for each kind."""

    def __init__(self, folder: Path, language: str, brand: dict[str, Any]) -> None:
        """Read the catalogue and compile both parts."""
        translations, locale = _read_catalogue(folder / "catalogues" / f"{language}.po")
        programme = f"{brand['company_name']} {brand['programme_name']}"
        start, end = ("left", "right") if locale.text_direction == "ltr" else ("right", "left")
        html = _environment(folder, translations, html=True)
        text = _environment(folder, translations, html=False)
        for environment in (html, text):
            environment.globals.update(brand=brand, programme=programme, start=start, end=end)
        self.html = html.get_template("letter.html.j2")
        self.text = text.get_template("letter.txt.j2")
        self.subjects: dict[str, Any] = {
            path.stem: text.get_template(f"kinds/{path.name}").module for path in (folder / "kinds").glob("*.j2")
        }
        self.form = LocaleFormat(locale)
        self.language = language
        self._text = text
        self._benefits: dict[tuple[BenefitFact, ...], BenefitGroups] = {}

    def render(self, facts: LetterFacts) -> RenderedLetter:
        """Write one letter."""
        view = self.view(facts)
        return RenderedLetter(
            subject=self.subjects[facts.kind].subject(view),
            html=self.html.render(l=view),
            text=self.text.render(l=view),
            language_used=self.language,
        )

    def view(self, facts: LetterFacts) -> LetterView:
        """What the templates are given for one letter."""
        return letter_view(facts, language=self.language, form=self.form, benefits=self._named_benefits)

    def sentences(self, name: str) -> Any:
        """The sentences of one file as a module of text, for what is neither HTML nor plain text."""
        return self._text.get_template(name).module

    def _named_benefits(self, benefits: tuple[BenefitFact, ...]) -> BenefitGroups:
        """Benefits by group, given and on request; a tier's partners share them, so the answer is kept."""
        known = self._benefits.get(benefits)
        if known is None:
            known = self._benefits[benefits] = self._group(benefits)
        return known

    def _group(self, benefits: tuple[BenefitFact, ...]) -> BenefitGroups:
        def names(group: str, availability: str) -> tuple[str, ...]:
            return tuple(
                benefit.name for benefit in benefits if benefit.group == group and benefit.availability == availability
            )

        groups = dict.fromkeys(benefit.group for benefit in benefits)
        return tuple((group, names(group, "yes"), names(group, "on_request")) for group in groups)


def _environment(folder: Path, translations: gettext.NullTranslations, *, html: bool) -> Environment:
    """An environment for one part: only HTML is escaped, whatever a file is called."""
    environment = LetterEnvironment(
        loader=FileSystemLoader(folder),
        autoescape=html,
        undefined=StrictUndefined,
        extensions=[CompiledMessages],
        auto_reload=False,
        keep_trailing_newline=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.extend(translations=translations)
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    environment.filters["isolate"] = _isolated if html else str
    return environment


def _isolated(name: str) -> Markup:
    """A name in its own direction, so that a right-to-left one does not reorder the sentence."""
    return Markup("<bdi>") + escape(name) + Markup("</bdi>")


def _read_catalogue(path: Path) -> tuple[gettext.GNUTranslations, Locale]:
    """Read a .po file as it is edited; the compiled form exists in memory only."""
    with path.open("rb") as source:
        catalogue = read_po(source, locale=None, abort_invalid=True)
    if catalogue.locale is None:
        raise Refusal(f"{path}: header line Language is missing, expected a locale such as en_GB")
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled), catalogue.locale


def _content_hash(folder: Path) -> str:
    """The sha256 of every file of the version, names included: the same hash, the same letters."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
