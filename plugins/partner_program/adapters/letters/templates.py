"""Renders letters (rule 12): one set of facts becomes a subject, an HTML part and a plain-text part.

A template folder is a version: `letter.html.j2` and `letter.txt.j2`, the sentences that both share, those of each kind
of letter, one catalogue of messages per language and `brand.yaml`. Kinds and catalogues are checked when a version is
loaded; each file is compiled once per language, when a letter first needs it. Escaping is set here for each part, never
guessed from a file's name; facts are values only and are never read as a template.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from partner_program.adapters.layered_folder import LayeredFolder
from partner_program.adapters.letters.account_list import account_list
from partner_program.adapters.letters.catalogues import Catalogue, read_catalogues
from partner_program.adapters.letters.compiler import CompiledMessages, CompiledOnce, LetterEnvironment
from partner_program.adapters.letters.locale_format import NO_BREAK_SPACE, LocaleFormat
from partner_program.adapters.letters.view import BenefitGroups, BenefitRow, LetterView, benefit_states, letter_view
from partner_program.domain.brand import Brand
from partner_program.domain.letters import LETTER_KINDS, BenefitFact, LetterFacts, ToldProgram
from partner_program.domain.program import Program
from partner_program.domain.refusals import Refusal

OF_EACH_KIND = ("subject", "headline", "lead")
"""The macros that a kind's own file has to define."""
BENEFITS = "benefits.j2"
_ANY = ToldProgram()


def _is_agreed(benefit: BenefitFact) -> bool:
    return benefit.availability != "yes" and (benefit.kept or bool(benefit.approvals))


# The lists of a group: what the tier gives, what is kept or approved, also from a later day, what may be asked for.
_LISTS: tuple[Callable[[BenefitFact], bool], ...] = (
    lambda benefit: benefit.availability == "yes",
    _is_agreed,
    lambda benefit: benefit.availability != "yes" and not _is_agreed(benefit),
)


class AccountList(NamedTuple):
    """The file with all accounts, which goes with a letter that shows only their sums."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class RenderedLetter:
    """One letter, ready to send; `language_used` is the default language if the partner's has no catalogue.

    `account_list` is None where the letter itself shows every account.
    """

    subject: str
    html: str
    text: str
    language_used: str
    account_list: AccountList | None = None


class LetterTemplates:
    """A versioned folder of templates; each language is compiled when it is first used, and kept."""

    def __init__(self, folder: LayeredFolder, brand: Brand, content_hash: str) -> None:
        """Read the catalogues; raises `Refusal` for a kind without wording or an unfinished catalogue.

        `content_hash` is the sha256 over every file of the version and the brand: the same hash means the same letters.
        """
        self.version = folder.name
        self.content_hash = content_hash
        self.brand = brand
        self.look: dict[str, Any] = brand.look
        self.folder = folder
        _check_kinds(folder)
        self._catalogues = read_catalogues(folder / "catalogues")
        self.languages = tuple(self._catalogues)
        self._compiled: dict[str, LanguageTemplates] = {}

    def render(self, facts: LetterFacts) -> RenderedLetter:
        """Render the letter of these facts, in the partner's language if there is a catalogue for it."""
        return self.in_language(facts.language).render(facts)

    def in_language(self, asked: str) -> "LanguageTemplates":
        """Return the compiled templates of a language (`nl`, `nl-BE`), or those of the default language."""
        used = self.language_of(asked)
        if used not in self._compiled:
            self._compiled[used] = LanguageTemplates(self.folder, used, self._catalogues[used], self.look, self.brand)
        return self._compiled[used]

    def language_of(self, asked: str) -> str:
        """Return the language in which letters to a partner of this language (`nl`, `nl-BE`) are written."""
        language = asked.replace("_", "-").partition("-")[0].lower()
        return language if language in self.languages else self.brand.default_language

    def check_words(self, programs: Iterable[Program]) -> None:
        """Check that every kind and every benefit that a letter may name has its words.

        Raises `Refusal` with the file of the kind, or of the programme that gives the benefit.
        """
        language = self.in_language(self.brand.default_language)  # the catalogues have the same messages
        for kind in LETTER_KINDS:
            language.wording(kind)
        for program in programs:
            for key in [each.key for each in program.benefits if set(each.tiers) != {"unknown"}]:
                try:
                    language.benefit(key)
                except Refusal as refusal:
                    raise Refusal(f"{self.folder}/{refusal} ({program.file_name} gives it)") from None

    def check_every_sentence(self) -> None:
        """Compile every file in every language; raises `Refusal` for a sentence that no catalogue has."""
        for language in self.languages:
            self.in_language(language).check_every_sentence()


class LanguageTemplates:
    """The templates of one language, compiled: a subject, an HTML and a text template for each kind."""

    def __init__(
        self, folder: LayeredFolder, language: str, catalogue: Catalogue, look: dict[str, Any], brand: Brand
    ) -> None:
        locale = catalogue.locale
        programme = brand.full_programme
        start, end = ("left", "right") if locale.text_direction == "ltr" else ("right", "left")
        html = language_environment(folder, catalogue, html=True)
        text = language_environment(folder, catalogue, html=False)
        for environment in (html, text):
            environment.globals.update(brand=look, programme=programme, start=start, end=end)
        self.html = html.get_template("letter.html.j2")
        self.text = text.get_template("letter.txt.j2")
        self.form = LocaleFormat(locale)
        self.language = language
        self._html = html
        self._text = text
        self._accounts_in_mail = brand.accounts_in_mail
        self._wordings: dict[str, Any] = {}
        self._benefits: dict[tuple[tuple[BenefitFact, ...], ToldProgram], BenefitGroups] = {}

    def render(self, facts: LetterFacts) -> RenderedLetter:
        """Render one letter; one with very many accounts shows their sums, and has the list of them as a file."""
        shortened = len(facts.accounts) > self._accounts_in_mail
        view = self.view(facts, shortened=shortened)
        return RenderedLetter(
            # a line of a header has no line to keep together, and in plain letters it needs no encoding
            subject=self.wording(facts.kind).subject(view).replace(NO_BREAK_SPACE, " "),
            html=self.html.render(l=view),
            text=self.text.render(l=view),
            language_used=self.language,
            account_list=self._account_list(facts, view.account_list) if view.account_list else None,
        )

    def view(self, facts: LetterFacts, *, shortened: bool = False) -> LetterView:
        """Return the values that the templates read for one letter: every account of it, or their sums alone."""
        return letter_view(
            facts, language=self.language, form=self.form, benefits=self.named_benefits, shortened=shortened
        )

    def wording(self, kind: str) -> Any:
        """Return a kind's own sentences in plain text; raises `Refusal` if a macro that letters call is missing."""
        if kind not in self._wordings:
            self._wordings[kind] = _wording_of(self._text, kind)
        return self._wordings[kind]

    def sentences(self, name: str) -> Any:
        """Return the sentences of one file as a module of plain text, for PDF."""
        return self._text.get_template(name).module

    def check_every_sentence(self) -> None:
        """Compile every file, including those that only some letters use."""
        for environment in (self._html, self._text):
            for name in environment.list_templates(extensions=["j2"]):
                environment.get_template(name)

    def _account_list(self, facts: LetterFacts, name: str) -> AccountList:
        return AccountList(name, account_list(facts, self.form, self.sentences("list.j2")))

    def named_benefits(self, benefits: tuple[BenefitFact, ...], program: ToldProgram) -> BenefitGroups:
        """Group the benefits of a programme; kept where the partners of a tier share them."""
        known = self._benefits.get((benefits, program))
        if known is None:
            known = self._group(benefits, program)
            if not any(each.approvals or each.requested for each in benefits):
                self._benefits[benefits, program] = known
        return known

    def _group(self, benefits: tuple[BenefitFact, ...], program: ToldProgram) -> BenefitGroups:
        def told(group: str, applies: Callable[[BenefitFact], bool]) -> tuple[BenefitRow, ...]:
            there = [each for each in benefits if each.group == group and applies(each)]
            return tuple(self._with_states(each, program) for each in there)

        groups = dict.fromkeys(benefit.group for benefit in benefits)
        given, agreed, on_request = _LISTS
        return tuple((group, told(group, given), told(group, agreed), told(group, on_request)) for group in groups)

    def _with_states(self, fact: BenefitFact, program: ToldProgram) -> BenefitRow:
        row = self.benefit(fact.key, fact, program)
        # who has asked already is not told to ask
        agreed = str(self.sentences(BENEFITS).agreed(fact.key, fact)) if _is_agreed(fact) or fact.requested else ""
        return row._replace(
            line=agreed or row.line, states=benefit_states(fact, self.form.of_unit(program.unit)), link=fact.link
        )

    def benefit(self, key: str, fact: BenefitFact | None = None, program: ToldProgram = _ANY) -> BenefitRow:
        """Return what a benefit is called in this language, with its line; raises `Refusal` if it has none."""
        words = self.sentences(BENEFITS)
        told = (key, fact, program)[: len(words.line.arguments)]  # a company's own file may need less
        name, line = str(words.name(key)), str(words.line(*told))
        if not name or not line:
            missing = "a line" if name else "a name and a line"
            raise Refusal(f"{BENEFITS}: the benefit {key} lacks {missing}, with messages in every catalogue")
        return BenefitRow(name, line)


def _check_kinds(folder: LayeredFolder) -> None:
    """Check that every kind in `domain/letters.py` has its wording in the version, and every wording its kind."""
    there = {path.stem for path in (folder / "kinds").glob("*.j2")}
    for kind in LETTER_KINDS:
        if kind not in there:
            raise Refusal(f"{folder}: the letter kind {kind} has no wording: write kinds/{kind}.j2")
    unknown = sorted(there.difference(LETTER_KINDS))
    if unknown:
        raise Refusal(f"{folder}: kinds/{unknown[0]}.j2 belongs to no letter kind: LetterKind does not list it")


def _wording_of(environment: Environment, kind: str) -> Any:
    """Return a kind's own sentences as a module; raises `Refusal` if one of the macros that letters call is missing."""
    name = f"kinds/{kind}.j2"
    module = environment.get_template(name).module
    for macro in OF_EACH_KIND:
        if not hasattr(module, macro):
            raise Refusal(f"{name} has no macro {macro}: a letter kind needs {', '.join(OF_EACH_KIND)}")
    return module


def language_environment(folder: LayeredFolder, catalogue: Catalogue, *, html: bool) -> Environment:
    """Return the environment for one part: only HTML is escaped, whatever the files are called."""
    environment = LetterEnvironment(
        loader=FileSystemLoader(folder.folders),
        autoescape=html,
        undefined=StrictUndefined,
        extensions=[CompiledMessages],
        bytecode_cache=CompiledOnce(catalogue, html=html),
        auto_reload=False,
        keep_trailing_newline=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.extend(catalogue=catalogue)
    environment.install_gettext_translations(catalogue.translations, newstyle=True)  # type: ignore[attr-defined]
    environment.filters["isolate"] = _isolated if html else str
    environment.filters["unbroken"] = _unbroken if html else str
    return environment


def _isolated(name: str) -> Markup:
    """Mark a name to keep its own reading direction, so that a right-to-left name does not reorder the sentence."""
    return Markup("<bdi>") + escape(name) + Markup("</bdi>")


def _unbroken(name: str) -> Markup:
    """Keep the name of a file on one line."""
    return Markup('<span style="white-space:nowrap">') + escape(name) + Markup("</span>")
