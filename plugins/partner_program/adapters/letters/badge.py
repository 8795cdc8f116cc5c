"""Draws a partner's badge for its website as SVG (rule 10): the brand's words and colours, the tier, the number.

One file without fonts, scripts or addresses of its own. It stands here and not among the letters' templates, whose hash
every letter that is not sent yet was rendered with.
"""

from markupsafe import escape

from partner_program.adapters.letters.templates import LetterTemplates
from partner_program.adapters.plain_names import plain_name
from partner_program.domain.certificate import CertificateFacts

_WIDTH, _HEIGHT, _EDGE, _LEFT = 320, 112, 10, 26
_WIDEST = 0.62  # of its size, what a letter takes of a line at most on average, in bold


def badge_svg(facts: CertificateFacts, templates: LetterTemplates) -> str:
    """Return the badge in the partner's language; the same facts give the same text."""
    language = templates.in_language(facts.language)
    look = templates.look
    number = plain_name(facts.number)
    tier = str(language.sentences("wording.j2").tier_name(facts.tier, facts.tier_name))
    level = tier if facts.sla is None else f"{tier} · {facts.sla}"
    title = f"{look['company_name']} {look['partner_title']}"
    number_label = str(language.sentences("certificate.j2").number)
    colours = look["light"]
    lines = (
        (look["company_name"], 34, 22, "700", colours["on_band"]),
        (look["partner_title"], 57, 15, "400", colours["on_band"]),
        (level, 79, 15, "700", colours["on_band"]),
        (f"{number_label}: {number}", 99, 10, "400", colours["on_band_muted"]),
    )
    drawn = "".join(
        f'<text x="{_LEFT}" y="{y}" font-size="{_size(text, most)}" font-weight="{weight}" fill="{fill}">'
        f"{escape(text)}</text>\n"
        for text, y, most, weight, fill in lines
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" xml:lang="{language.language}" '
        f'font-family="{escape(look["font"])}">\n'
        f"<title>{escape(f'{title}, {level}')}</title>\n"
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="8" fill="{colours["band"]}"/>\n'
        f'<rect x="{_EDGE}" y="{_EDGE}" width="5" height="{_HEIGHT - 2 * _EDGE}" rx="2" fill="{colours["link"]}"/>\n'
        f"{drawn}</svg>\n"
    )


def _size(text: str, most: int) -> str:
    """The font size with which a text surely fits into the badge; whatever font the visitor's machine has."""
    return f"{min(most, (_WIDTH - _LEFT - _EDGE) / (_WIDEST * len(text))):.1f}"
