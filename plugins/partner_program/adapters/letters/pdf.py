"""Makes letters and certificates as PDF (rule 12): Typst sets the same facts and sentences as the mail on paper.

Values reach Typst as JSON and are shown, never read as markup. The same facts give the same bytes: no clock, and no
fonts of the machine. The result is tagged (PDF/UA-1) and fit for an archive (PDF/A-2a). A character that no font has,
or that ours cannot set well, is refused by name: such a document would write somebody's name wrongly.
"""

import json
import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import typst

from partner_program.adapters.letters.blocks import letter_blocks
from partner_program.adapters.letters.settable import no_font, refuse_unsettable
from partner_program.adapters.letters.templates import LanguageTemplates, LetterTemplates
from partner_program.adapters.plain_names import plain_name
from partner_program.domain.certificate import CertificateFacts
from partner_program.domain.letters import LetterFacts
from partner_program.domain.refusals import Refusal
from partner_program.domain.tier_changes import AT_ONCE, Changes

_MISSING = re.compile(r'the text `"(.+?)"` could not be displayed')


class LetterPdf:
    """The PDF templates of one version of the letters; `fonts` is a folder of further font files, if it exists."""

    def __init__(self, templates: LetterTemplates, fonts: Path) -> None:
        self._templates = templates
        self._fonts = fonts

    def letter(self, facts: LetterFacts) -> bytes:
        """Return one letter on A4, in the partner's language if there is a catalogue for it."""
        language = self._templates.in_language(facts.language)
        view = language.view(facts)
        wording, kind, pages = (
            language.sentences(name) for name in ("wording.j2", f"kinds/{facts.kind}.j2", "certificate.j2")
        )
        data = {
            "lang": view.lang,
            "dir": view.dir,
            "title": f"{kind.headline(view)} · {view.company}",
            "reference": view.reference,
            "reference_line": wording.reference(view),
            "company": view.company,
            "names": view.names,
            "day": language.form.day(facts.effective_on),
            "page_of": pages.page_of,
            "blocks": letter_blocks(view, wording, kind),
        }
        what = f"letter {facts.partner_id} {facts.billing_month}"
        return self._typeset("letter.typ", data, facts, facts.effective_on, what)

    def certificate(self, facts: CertificateFacts, changes: Changes = AT_ONCE) -> bytes:
        """Return the certificate of a partner, on A4 in landscape; `changes` say when its tier may change."""
        language = self._templates.in_language(facts.language)
        wording, own = language.sentences("wording.j2"), language.sentences("certificate.j2")
        number = plain_name(facts.number)
        company = plain_name(facts.company_name) or plain_name(facts.partner_id)
        data = {
            "lang": language.language,
            "dir": language.form.direction,
            "title": f"{own.heading} · {company}",
            "reference": number,
            "heading": own.heading,
            "certify": own.certify,
            "company": company,
            "is_a": own.is_a,
            "tier": wording.tier_name(facts.tier, facts.tier_name),
            "facts": _stated(facts, language, wording, own),
            "programme": self._templates.brand.full_programme,
            "checked": own.checked(changes.rises, changes.drops, language.form.months(changes.months_of_reviews)),
            "number_label": own.number,
        }
        return self._typeset("certificate.typ", data, facts, facts.valid_from, f"certificate {number}")

    def _typeset(
        self, name: str, data: dict[str, Any], facts: LetterFacts | CertificateFacts, day: date, what: str
    ) -> bytes:
        refuse_unsettable(what, facts, data, fonts=self._fonts)
        data = {**data, "brand": self._templates.look}
        typesetting = (self._templates.folder / "pdf").path(name)
        try:
            return typst.compile(
                str(typesetting),
                root=str(typesetting.parent),
                format="pdf",
                sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
                font_paths=[str(self._fonts)] if self._fonts.is_dir() else [],
                ignore_system_fonts=True,
                timestamp=datetime.combine(day, time(), UTC),
                pdf_standards=["a-2a", "ua-1"],
            )
        except typst.TypstError as error:
            missing = _missing_characters(error.diagnostic)
            if not missing:
                raise
            raise Refusal(no_font(what, missing, self._fonts)) from None


def _stated(facts: CertificateFacts, language: LanguageTemplates, wording: Any, own: Any) -> list[tuple[str, str]]:
    """Return the labels and values in the row at the foot of the certificate."""
    stated = [(own.valid_from, language.form.day(facts.valid_from))]
    if facts.sla is not None:
        stated.insert(0, (wording.component("sla"), facts.sla))
    if facts.authorized_on is not None:
        stated.append((own.authorized_on, language.form.day(facts.authorized_on)))
    return stated


def _missing_characters(diagnostic: str) -> list[str]:
    """Return each character that could not be shown."""
    return list(dict.fromkeys("".join(_MISSING.findall(diagnostic))))
