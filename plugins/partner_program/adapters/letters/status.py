"""The parts of a partner's status page that no explanation has: benefits, prepayment, months, rates, certificate."""

from collections.abc import Iterator
from typing import Any, Protocol

from partner_program.adapters.in_unit import in_unit
from partner_program.adapters.letters.explained import Section, Table
from partner_program.adapters.letters.locale_format import LocaleFormat
from partner_program.adapters.letters.templates import LanguageTemplates
from partner_program.adapters.letters.view import BenefitRow
from partner_program.adapters.plain_names import plain_name
from partner_program.domain.explanation import PartnerStatus
from partner_program.domain.families import families_of
from partner_program.domain.letters import BenefitFact, GraceFact
from partner_program.domain.tier_names import with_name


class Language(Protocol):
    """The sentences of one language: `words` are those of explanations, `wording` those of the letters."""

    words: Any
    wording: Any
    form: LocaleFormat
    letters: LanguageTemplates

    def said(self, tier: int, name: str) -> str:
        """A tier within a sentence."""


def status_sections(status: PartnerStatus, language: Language) -> Iterator[Section]:
    """The sections of a status page that follow its explanation."""
    words, wording, form = language.words, language.wording, language.form
    if status.grants:
        told = tuple(
            str(words.open_grant(_said(status, each, language), form.day(each.starts_on), form.last_day(each.ends_on)))
            for each in status.grants
        )
        yield Section("open_grants", str(wording.grace_title), told)
    benefits = tuple(_benefits(status, language))
    if benefits:
        yield Section("benefits", str(wording.benefits_title), items=benefits)
    if status.prepayment:
        rows = tuple((str(wording.months(months)), form.percent(bp)) for months, bp in status.prepayment)
        head = str(wording.prepayment_term), str(wording.prepayment_discount)
        intro = (str(wording.prepayment_intro),)
        yield Section("prepayment", str(wording.prepayment_title), intro, table=Table(head, rows, (False, True)))
    if status.months:
        table = Table(
            (str(words.month), str(wording.grace_tier), str(words.revenue)), _months(status, language), _THREE
        )
        yield Section("months", str(words.months_title), table=table)
    if status.rates:
        yield _rates(status, language)
    if status.certificate:
        label = language.letters.sentences("certificate.j2").number
        items = (f"{label}: {plain_name(status.certificate)}",)
        yield Section("certificate", str(words.certificate_title), items=items)


def _said(status: PartnerStatus, grant: GraceFact, language: Language) -> str:
    return language.said(grant.tier, status.names.on(grant.starts_on, grant.tier))


_NONE = "\u2013"
_THREE = (False, False, True)


def status_figures(status: PartnerStatus) -> dict[str, object]:
    """The figures behind these sections, in the smallest unit and basis points."""
    return {
        "months": [
            in_unit(
                {
                    "billing_month": str(each.billing_month),
                    "mrr_eur_cents": each.mrr_eur_cents,
                    "tier": each.tier,
                    **with_name(status.names.on(each.effective_on, each.tier)),
                },
                status.unit_of(each.billing_month),
            )
            for each in status.months
        ],
        "rates": [
            {
                "valid_from": each.valid_from.isoformat(),
                "tier": each.terms.tier,
                **with_name(status.names.on(each.valid_from, each.terms.tier)),
                "monthly_fee_discount_bp": each.terms.monthly_fee_discount_bp,
                "setup_fee_discount_bp": each.terms.setup_fee_discount_bp,
                "sla": each.terms.sla,
                **({"families": families_of(each.terms.families)} if each.terms.families else {}),
            }
            for each in status.rates
        ],
        "open_grants": [
            {
                "tier": each.tier,
                **with_name(status.names.on(each.starts_on, each.tier)),
                "starts_on": each.starts_on.isoformat(),
                "ends_on": each.ends_on.isoformat(),
            }
            for each in status.grants
        ],
        "benefits": [_benefit_json(each) for each in status.benefits],
        "prepayment": [{"term_months": months, "discount_bp": bp} for months, bp in status.prepayment],
        "certificate": None if status.certificate is None else plain_name(status.certificate),
    }


def _benefits(status: PartnerStatus, language: Language) -> Iterator[str]:
    """Each benefit with its state, in the letters' words."""
    wording = language.wording
    for _, *lists in language.letters.named_benefits(status.benefits, status.program):
        titles = (wording.benefits_given, wording.benefits_agreed, wording.benefits_on_request)
        for title, rows in zip(titles, lists, strict=True):
            for row in rows:
                yield _benefit(row, str(title), str(wording.benefit_states(row)))


def _benefit(row: BenefitRow, title: str, states: str) -> str:
    link = f" ({plain_name(row.link)})" if row.link else ""
    return f"{row.name}: {states or title}{link}"


def _benefit_json(fact: BenefitFact) -> dict[str, object]:
    return {
        "key": fact.key,
        "availability": fact.availability,
        "kept": fact.kept,
        "requested": fact.requested,
        "approvals": [
            {
                "begins_on": each.begins_on.isoformat() if each.begins_on else None,
                "ends_on": each.ends_on.isoformat() if each.ends_on else None,
                "units": each.units,
                "amount_cents": each.amount_cents,
            }
            for each in fact.approvals
        ],
    }


def _months(status: PartnerStatus, language: Language) -> tuple[tuple[str, ...], ...]:
    words, form = language.words, language.form
    rows = []
    for each in status.months:
        known = each.mrr_eur_cents is not None and each.tier is not None
        euros = (
            form.of_unit(status.unit_of(each.billing_month)).own(each.mrr_eur_cents)
            if each.mrr_eur_cents is not None
            else _NONE
        )
        name = status.names.on(each.effective_on, each.tier)
        tier = str(language.wording.tier_name(each.tier, name)) if known else str(words.not_decided)
        rows.append((form.month(str(each.billing_month)), tier, euros))
    return tuple(rows)


def _rates(status: PartnerStatus, language: Language) -> Section:
    words, wording, form = language.words, language.wording, language.form
    has_sla = "sla" in status.program.components or any(each.terms.sla for each in status.rates)
    has_setup = "setup_fee" in status.program.components or any(
        each.terms.setup_fee_discount_bp for each in status.rates
    )
    head = (
        (words.from_day, wording.grace_tier)
        + ((words.sla,) if has_sla else ())
        + (wording.component("monthly_fee"),)
        + ((wording.component("setup_fee"),) if has_setup else ())
    )
    rows: list[tuple[str, ...]] = []
    for each in status.rates:
        terms = each.terms
        setup = (form.percent(terms.setup_fee_discount_bp),) if has_setup else ()
        sla = (plain_name(terms.sla or "") or _NONE,) if has_sla else ()
        tier = str(wording.tier_name(terms.tier, status.names.on(each.valid_from, terms.tier)))
        rows.append((form.day(each.valid_from), tier, *sla, form.percent(terms.monthly_fee_discount_bp), *setup))
        for product, bp in families_of(terms.families).items():
            rows.append(("", plain_name(product.replace("_", " ")), *("" for _ in sla), form.percent(bp), *setup))
    figures = (True,) * (1 + has_setup)
    table = Table(tuple(map(str, head)), tuple(rows), (False,) * (2 + has_sla) + figures)
    note = words.rates_of_invoices if status.program.applies_to == "all_services" else words.rates_note
    return Section("rates", str(words.rates_title), (str(note),), table=table)
