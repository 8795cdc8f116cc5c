"""Tells a partner in its language why it has its tier: from `include/templates/explanations/`, beside the letters'.

Sentences that the letters have too are the letters' own, so that both say the same; amounts and days are formatted by
the same view. The other sentences have catalogues of their own, which are checked as those of the letters are: a
language of the letters that is missing or unfinished here is refused by name.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from partner_program.adapters.in_unit import in_unit
from partner_program.adapters.layered_folder import LayeredFolder
from partner_program.adapters.letters.catalogues import Catalogue, read_catalogues
from partner_program.adapters.letters.explained import Page, Section, page_json
from partner_program.adapters.letters.status import status_figures, status_sections
from partner_program.adapters.letters.templates import LanguageTemplates, LetterTemplates, language_environment
from partner_program.adapters.letters.view import LetterView
from partner_program.adapters.plain_names import plain_name
from partner_program.domain.explanation import HeldFor, HeldMonth, PartnerExplanation, PartnerStatus
from partner_program.domain.families import families_of
from partner_program.domain.least_change import TierChange
from partner_program.domain.letters import LetterFacts, ToldProgram
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.refusals import Refusal
from partner_program.domain.tier_names import with_name


class ExplanationTemplates:
    """The sentences of explanations in every language of the letters; each language is compiled when first used."""

    def __init__(self, folder: LayeredFolder, letters: LetterTemplates) -> None:
        """Read the catalogues; raises `Refusal` for a language that the letters have and this folder lacks."""
        self._folder, self._letters = folder, letters
        self._catalogues = read_catalogues(folder / "catalogues")
        for language in letters.languages:
            if language not in self._catalogues:
                raise Refusal(f"{folder}/catalogues/{language}.po is missing: letters are written in this language")
        self.languages = letters.languages
        self._compiled: dict[str, LanguageExplanations] = {}

    def of_partner(self, asked: str) -> "LanguageExplanations":
        """The sentences in the language in which letters to a partner of this language are written."""
        return self.in_language(self._letters.language_of(asked))

    def in_language(self, language: str) -> "LanguageExplanations":
        """The sentences in a language; raises `Refusal` for one that has no catalogue."""
        if language not in self.languages:
            raise Refusal(f"language {language}: there is no such catalogue, expected {', '.join(self.languages)}")
        if language not in self._compiled:
            letters, catalogue = self._letters.in_language(language), self._catalogues[language]
            self._compiled[language] = LanguageExplanations(self._folder, letters, catalogue, self._letters)
        return self._compiled[language]


class LanguageExplanations:
    """The sentences of one language; `words` are its own, `wording` those of the letters."""

    def __init__(
        self, folder: LayeredFolder, letters: LanguageTemplates, catalogue: Catalogue, templates: LetterTemplates
    ) -> None:
        text, html = (language_environment(folder, catalogue, html=html) for html in (False, True))
        html.globals.update(brand=templates.look)
        self.letters, self.language, self.form = letters, letters.language, letters.form
        self.words: Any = text.get_template("words.j2").module
        self.wording: Any = letters.sentences("wording.j2")
        self.sender_address = templates.brand.sender_address
        self._html, self._text = html.get_template("page.html.j2"), text.get_template("page.txt.j2")

    def page(self, about: PartnerExplanation) -> Page:
        """Say why a partner has its tier in a month, or what the month waits for."""
        month = self.form.month(str(about.billing_month))
        title = self.words.headline_held(month) if about.held else self.words.headline(month)
        return self._page(about, title, self.sections(about))

    def sections(self, about: PartnerExplanation) -> Iterator[Section]:
        """The sections of an explanation, in their order."""
        if about.held is not None:
            yield from self._held(about.held, self.form.month(str(about.billing_month)), about.program)
        if about.facts is not None:
            yield from self._decided(about, about.facts)
        address = ", ".join(filter(None, map(plain_name, (about.manager_name, about.manager_email))))
        missing = self.words.missing(
            address if about.manager_email else self.sender_address, about.one_entity, about.program.needs_more
        )
        yield _section("missing_account", self.words.missing_title, missing)

    def text(self, page: Page) -> str:
        """A page as plain text, ready to be copied into a mail."""
        return self._text.render(p=page).rstrip() + "\n"

    def html(self, page: Page) -> str:
        """A page as one HTML file that needs nothing else."""
        return self._html.render(p=page)

    def json(self, page: Page, about: PartnerExplanation) -> str:
        """A page as JSON, with its figures."""
        return page_json(page, in_unit(explanation_figures(about), _unit(about)))

    def holds(
        self, tier: str, day: str, *, begins: bool, monthly: int, setup: int | None, all_services: bool
    ) -> tuple[str, ...]:
        """Say from when orders or invoices have which terms; without a setup fee discount (None) nothing of it."""
        found = [str(self.words.holds(tier, day, begins, all_services))]
        if monthly or setup:
            fee = None if setup is None else self.form.percent(setup)
            found.append(str(self.words.discounts(self.form.percent(monthly), fee)))
        return tuple(found)

    def said(self, tier: int, name: str) -> str:
        """A tier within a sentence, in the letters' words; "" for none."""
        return str(self.wording.tier_said(tier, name)) if tier else ""

    def status_page(self, status: PartnerStatus) -> Page:
        """Everything that a partner may see of itself at any time, with the day until which it is valid."""
        about = status.about
        month, day = self.form.month(str(about.billing_month)), self.form.day(status.expires_on)
        *first, missing = self.sections(about)
        title = self.words.headline_status(plain_name(about.company_name) or plain_name(about.partner_id))
        valid = _section("valid", "", self.words.valid(month, day))
        sections = (valid, *first, *status_sections(status, self), missing)
        return self._page(about, title, sections, status.expires_on)

    def status_json(self, page: Page, status: PartnerStatus) -> str:
        """A status page as JSON, with its figures."""
        return page_json(
            page, {**in_unit(explanation_figures(status.about), _unit(status.about)), **status_figures(status)}
        )

    def _page(
        self, about: PartnerExplanation, title: object, sections: Iterable[Section], expires_on: date | None = None
    ) -> Page:
        return Page(
            partner_id=about.partner_id,
            billing_month=str(about.billing_month),
            language=self.language,
            direction=self.form.direction,
            title=str(title),
            reference=f"{plain_name(about.company_name)} · {plain_name(about.partner_id)} · {about.billing_month}",
            sections=tuple(sections),
            expires_on=expires_on,
        )

    def _held(self, held: HeldMonth, month: str, program: ToldProgram) -> Iterator[Section]:
        terms, since = held.kept, held.kept_from
        kept: tuple[str, ...] = (str(self.words.no_rate),)
        all_services = program.applies_to == "all_services"
        if terms is not None and since is not None:
            has_setup = "setup_fee" in program.components or terms.setup_fee_discount_bp
            kept = self.holds(
                self.said(terms.tier, held.kept_name),
                self.form.day(since),
                begins=False,
                monthly=terms.monthly_fee_discount_bp,
                setup=terms.setup_fee_discount_bp if has_setup else None,
                all_services=all_services,
            )
        yield _section("result", "", self.words.held(month, all_services), *kept)
        waits = tuple(str(self.words.waits(_waiting(each, month))) for each in held.waits_for)
        yield Section("waits_for", str(self.words.waits_title), items=waits)

    def _decided(self, about: PartnerExplanation, facts: LetterFacts) -> Iterator[Section]:
        view, words, wording = self.letters.view(facts), self.words, self.wording
        has_setup = any(row.component == "setup_fee" for row in view.terms)
        holds = self.holds(
            self.said(facts.tier, view.tier_name),
            view.rates_from,
            begins=view.rates_are_new,
            monthly=facts.monthly_fee_discount_bp,
            setup=facts.setup_fee_discount_bp if has_setup else None,
            all_services=view.all_services,
        )
        corrected = (words.corrected,) if facts.kind == "restated" else ()
        yield _section("result", "", *holds, wording.why(view), *corrected)
        if facts.families:
            items = tuple(f"{wording.term_name(row)}: {row.value}" for row in view.terms if row.product or row.others)
            yield Section("families", str(wording.terms_title(view)), items=items)
        if view.entities:
            items = (*_accounts(view), f"{wording.total}: {view.total}")
            rates = "; ".join(f"1 {view.unit} = {units} {currency}" for currency, units in view.exchange_rates)
            notes = (f"{wording.rates_used} {rates}",) if rates else ()
            yield Section("accounts", str(words.accounts_title), notes, items)
        if view.earlier and view.earlier.moves:
            more = (str(wording.other_moves(view)),) if view.earlier.other_moves else ()
            moves = tuple(str(wording.move(row)) for row in view.earlier.moves)
            yield Section("moves", str(wording.moves_title(view)), items=(*moves, *more))
        if view.grants:
            grants = tuple(
                str(words.grant(row, self.said(row.tier, row.tier_name), view.by_rules)) for row in view.grants
            )
            yield Section("grants", str(wording.grace_title), grants)
        if view.legacy:
            kept = tuple(
                f"{wording.term_name(row)}: {row.value} ({row.source}, {wording.legacy_until(row)})"
                for row in view.legacy
            )
            yield Section("agreements", str(wording.legacy_title), items=kept)
        yield from self._would(about, facts, view)
        yield _section("next", wording.next_title(view), wording.next(view))

    def _would(self, about: PartnerExplanation, facts: LetterFacts, view: LetterView) -> Iterator[Section]:
        changes, words = about.changes, self.words
        if changes is None or "amount" in changes.unknown:
            return
        title, note = str(words.would_title(view.month)), str(words.looks_back(view.month, view.by_rules))
        if not changes.smallest:
            yield _section("difference", title, words.no_change, note)
            return

        def told(rows: tuple[TierChange, ...]) -> tuple[str, ...]:
            return tuple(str(words.would(self._change(each, about, facts, view))) for each in rows)

        smallest, happened = changes.smallest, changes.happened
        yield Section("difference", title, (str(words.smallest(len(smallest))),), told(smallest))
        if happened and happened[0] not in smallest:
            yield Section("happened", "", (str(words.happened(len(happened))),), told(happened))
        yield _section("looks_back", "", note)

    def _change(
        self, change: TierChange, about: PartnerExplanation, facts: LetterFacts, view: LetterView
    ) -> SimpleNamespace:
        """A change as its sentence reads it: finished values."""
        form = self.form.of_unit(facts.program.unit)
        signed = {"credit": -change.cents, "account": change.cents}
        return SimpleNamespace(
            kind=change.kind,
            more=change.cents > 0,
            amount=form.own(signed.get(change.kind, abs(change.cents))),
            tier=str(self.wording.tier_name(change.tier, facts.program.tier_name(change.tier))),
            account=f"{plain_name(change.entity)} · {plain_name(change.account_id)}",
            lines=change.lines,
            total=form.own(facts.mrr_eur_cents + change.cents),
            month=view.month,
            before=view.earlier.month if view.earlier else None,
            rates_of=self.form.month(str(about.billing_month.preceding)),
        )


def templates_of_explanations(folder: LayeredFolder, letters: LetterTemplates) -> ExplanationTemplates:
    """The sentences of explanations in their folder; read once for the same letters and files."""
    changed = tuple(sorted((place, path.stat().st_mtime_ns) for place, path in folder.files().items()))
    return _read_once(folder, letters, changed)


@lru_cache(maxsize=2)
def _read_once(folder: LayeredFolder, letters: LetterTemplates, _changed: object) -> ExplanationTemplates:
    return ExplanationTemplates(folder, letters)


def _unit(about: PartnerExplanation) -> Unit:
    return about.facts.program.unit if about.facts else EURO


def explanation_figures(about: PartnerExplanation) -> dict[str, object]:
    """The figures behind the words: EUR cents and basis points, and no name but the partner's own."""
    facts, changes = about.facts, about.changes
    if facts is None:
        return {"status": "held"}
    return {
        "status": "assigned",
        "tier": facts.tier,
        **with_name(facts.program.tier_name(facts.tier)),
        "earned_tier": facts.earned_tier,
        "granted_tier": facts.granted_tier,
        "previous_tier": facts.previous_tier,
        "rate_valid_from": facts.rate_valid_from.isoformat(),
        "monthly_fee_discount_bp": facts.monthly_fee_discount_bp,
        **({"families": families_of(facts.families)} if facts.families else {}),
        "setup_fee_discount_bp": facts.setup_fee_discount_bp,
        "sla": facts.sla,
        "mrr_eur_cents": facts.mrr_eur_cents,
        "accounts": [
            {
                "entity": plain_name(row.entity),
                "account_id": plain_name(row.account_id),
                "currency": plain_name(row.currency),
                "mrr_minor": row.mrr_minor,
                "units_per_eur": row.units_per_eur,
                "mrr_eur_cents": row.mrr_eur_cents,
            }
            for row in facts.accounts
        ],
        "would_have_changed": {
            "smallest": [_change_json(each) for each in changes.smallest] if changes else [],
            "happened": [_change_json(each) for each in changes.happened] if changes else [],
            "unknown": list(changes.unknown) if changes else [],
        },
    }


def _change_json(change: TierChange) -> dict[str, object]:
    about = {"entity": plain_name(change.entity), "account_id": plain_name(change.account_id)}
    return {
        "kind": change.kind,
        "cents": change.cents,
        "tier": change.tier,
        **(about if change.account_id else {}),
        **({"credit_notes": change.lines} if change.kind == "credit" else {}),
    }


def _accounts(view: LetterView) -> Iterator[str]:
    for entity in view.entities:
        for row in entity.accounts:
            billed = f" ({row.billed})" if row.converted else ""
            yield f"{entity.entity} · {row.account}: {row.euros}{billed}"


def _waiting(each: HeldFor, month: str) -> SimpleNamespace:
    name = f"{plain_name(each.entity)} · {plain_name(each.name)}" if each.kind == "charge" else plain_name(each.name)
    return SimpleNamespace(kind=each.kind, name=name, month=month)


def _section(name: str, title: object, *sentences: object) -> Section:
    return Section(name, str(title), tuple(map(str, sentences)))
