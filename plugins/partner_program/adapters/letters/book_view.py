"""Works out the words and figures of the preview book of a month's letters; the template only lays them out."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from babel import Locale

from partner_program.adapters.letters.locale_format import LocaleFormat
from partner_program.adapters.plain_names import plain_name
from partner_program.domain.delivery import DeliveryState, state_words
from partner_program.domain.letter_order import LetterChange, Remark
from partner_program.domain.letters import LETTER_KINDS, LetterKind, kind_name
from partner_program.domain.money import round_half_away
from partner_program.domain.program import Component
from partner_program.domain.program_unit import EURO, Unit

_WRITTEN = LocaleFormat(Locale("en", "GB"))
_MINUS = "\N{MINUS SIGN}"
_RECIPIENTS_SHOWN = 6  # at one domain
NO_CONTACT = "no billing contact"
_COMPONENTS: dict[Component, str] = {"monthly_fee": "monthly fee", "setup_fee": "setup fee", "sla": "SLA"}
REMARKS_IN_WORDS: dict[Remark, tuple[str, str]] = {
    "tier_lowered": ("lowers a tier", "lower a tier"),
    "revenue_changed": ("comes with a large change of revenue", "come with a large change of revenue"),
    "account_missing": ("may miss an account", "may miss an account"),
    "moved_by_rates": (
        "has a tier that hangs on exchange rates alone",
        "have a tier that hangs on exchange rates alone",
    ),
    "first_letter": ("is the partner's first", "are the partner's first"),
    "grace_lapsed": ("tells of a lapsed grace period", "tell of a lapsed grace period"),
    "legacy_kept": ("keeps older terms", "keep older terms"),
    "reaches_nobody": ("reaches nobody", "reach nobody"),
}
_TONES: dict[Remark, str] = {
    "tier_lowered": "critical",
    "revenue_changed": "warning",
    "account_missing": "warning",
    "moved_by_rates": "warning",
    "first_letter": "info",
    "grace_lapsed": "warning",
    "legacy_kept": "info",
    "reaches_nobody": "critical",
}


class Recipient(NamedTuple):
    """Where one copy of a letter goes; the address is empty if the partner has no billing contact."""

    address: str
    state: DeliveryState


class LetterSize(NamedTuple):
    """The octets of a letter's files beside the page: HTML and text together, and the list of accounts.

    Only a letter that shows the sums of very many accounts has such a list, which is sent with it; otherwise None.
    """

    parts: int
    accounts: int | None


@dataclass(frozen=True, slots=True)
class BookLetter:
    """One letter with the values before it, for comparison; `href` is its file beside the page, without the ending.

    `missing` are accounts of no partner that may be this one's, each in words; `rates_alone` says what exchange rates
    alone did to its tier.
    """

    change: LetterChange
    company_name: str
    kind: LetterKind
    language: str
    effective_on: date
    monthly_bp: int
    setup_bp: int
    previous_monthly_bp: int | None
    previous_setup_bp: int | None
    legacy: tuple[Component, ...]
    recipients: tuple[Recipient, ...]
    href: str
    account_count: int
    size: LetterSize
    missing: tuple[str, ...] = ()
    tier_name: str = ""
    previous_tier_name: str = ""
    rates_alone: str = ""
    unit: Unit = EURO
    families: tuple[str, ...] = ()

    @property
    def waits(self) -> bool:
        """Return whether an approval would release a copy of this letter."""
        return any(each.state == "rendered" for each in self.recipients)


class Flag(NamedTuple):
    """Why a letter is an outlier: in words, and with a colour that says the same."""

    words: str
    tone: str


class BookRow(NamedTuple):
    """One letter as a line of the page; every value is finished text."""

    partner_id: str
    company: str
    flags: tuple[Flag, ...]
    kind: str
    language: str
    href: str
    size: str
    accounts: str
    accounts_size: str
    tier: str
    previous_tier: str
    revenue: str
    previous_revenue: str
    revenue_change: str
    monthly: str
    previous_monthly: str
    families: tuple[str, ...]
    setup: str
    previous_setup: str
    recipients: tuple[str, ...]


def masked_address(address: str) -> str:
    """Return an address with only its first character and its domain: enough to see where a letter goes.

    A text that is not such an address is not shown at all.
    """
    if not address:
        return NO_CONTACT
    local_part, at, domain = plain_name(address).rpartition("@")
    return f"{local_part[:1]}…{at}{domain}" if at and local_part else "…"


def book_row(letter: BookLetter) -> BookRow:
    """Return one letter as a line of the page."""
    change, amount = letter.change, _WRITTEN.of_unit(letter.unit).own
    return BookRow(
        partner_id=plain_name(change.partner_id),
        company=plain_name(letter.company_name),
        flags=tuple(Flag(_words(remark, letter), _TONES[remark]) for remark in change.remarks),
        kind=kind_name(letter.kind),
        language=plain_name(letter.language),
        href=letter.href,
        size=file_size(letter.size.parts),
        accounts=counted(letter.account_count, "account"),
        accounts_size="" if letter.size.accounts is None else file_size(letter.size.accounts),
        tier=plain_name(letter.tier_name) or _tier(change.tier),
        previous_tier=_before(
            change.previous_tier, change.tier, lambda tier: plain_name(letter.previous_tier_name) or _tier(tier)
        ),
        revenue=amount(change.mrr_eur_cents),
        previous_revenue=_before(change.previous_mrr_eur_cents, change.mrr_eur_cents, amount),
        revenue_change=_moved(change, amount),
        monthly=_WRITTEN.percent(letter.monthly_bp),
        families=tuple(map(plain_name, letter.families)),
        previous_monthly=_before(letter.previous_monthly_bp, letter.monthly_bp, _WRITTEN.percent),
        setup=_WRITTEN.percent(letter.setup_bp),
        previous_setup=_before(letter.previous_setup_bp, letter.setup_bp, _WRITTEN.percent),
        recipients=_recipients(letter.recipients),
    )


def day(value: date) -> str:
    """Format a day for the page."""
    return _WRITTEN.day(value)


def month_name(billing_month: str) -> str:
    """Format a month for the page."""
    return _WRITTEN.month(billing_month)


def counted(number: int, one: str, several: str | None = None) -> str:
    """Return a number with its word: `1 letter`, `1,200 letters`."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def file_size(octets: int) -> str:
    """Format how large a file is, rounded up: `27 kB`."""
    return f"{-(-octets // 1000):,}\N{NO-BREAK SPACE}kB"


def kinds_and_languages(letters: Sequence[BookLetter]) -> tuple[list[str], list[tuple[str, list[int], int]]]:
    """Count letters by kind and language.

    Returns the languages, and for each kind that occurs its name, the counts in the order of the languages, their sum.
    """
    languages = sorted({plain_name(each.language) for each in letters})
    found = Counter((each.kind, plain_name(each.language)) for each in letters)
    lines = []
    for kind in LETTER_KINDS:
        numbers = [found[kind, language] for language in languages]
        if any(numbers):
            lines.append((kind_name(kind), numbers, sum(numbers)))
    return languages, lines


def _tier(tier: int) -> str:
    return f"Tier {tier}" if tier else "No tier"


def _before(value: int | None, now: int, written: Callable[[int], str]) -> str:
    """Format the value before, if it is known and differs; otherwise return an empty text."""
    return "" if value is None or value == now else written(value)


def _moved(change: LetterChange, written: Callable[[int], str]) -> str:
    """Format by how much revenue moved: the amount with its sign, and the per cent if there was revenue before."""
    if change.previous_mrr_eur_cents is None:
        return ""
    sign = "+" if change.revenue_change > 0 else _MINUS if change.revenue_change < 0 else ""
    amount, part = written(abs(change.revenue_change)), _part(change)
    return f"{sign}{amount} ({sign}{part})" if part else f"{sign}{amount}"


def _part(change: LetterChange) -> str:
    """Format how far revenue moved in whole per cent; an empty text below 1 % or if there was no revenue before."""
    before, moved = change.previous_mrr_eur_cents or 0, abs(change.revenue_change)
    percent = round_half_away(100 * moved, before) if before > 0 else 0
    return f"{percent:,}%" if percent else ""


def _words(remark: Remark, letter: BookLetter) -> str:
    change = letter.change
    words: dict[Remark, str] = {
        "tier_lowered": f"Lowered by {counted(change.tiers_lost, 'tier')}",
        "revenue_changed": f"Revenue {'up' if change.revenue_change > 0 else 'down'} {_part(change)}".rstrip(),
        "account_missing": "May miss " + "; ".join(map(plain_name, letter.missing)),
        "moved_by_rates": letter.rates_alone,
        "first_letter": "First letter",
        "grace_lapsed": "Grace period lapsed",
        "legacy_kept": "Keeps older terms: " + ", ".join(_COMPONENTS[each] for each in letter.legacy),
        "reaches_nobody": "Reaches nobody",
    }
    return words[remark]


def _recipients(recipients: Sequence[Recipient]) -> tuple[str, ...]:
    """Return where a letter goes, with the addresses of one domain together: `a…, b…@partner.example`."""
    found: dict[tuple[str, DeliveryState], list[str]] = defaultdict(list)
    for each in recipients:
        name, at, domain = masked_address(each.address).rpartition("@")
        found[at + domain, each.state].append(name)
    return tuple(_together(names, domain, state) for (domain, state), names in found.items())


def _together(names: Sequence[str], domain: str, state: DeliveryState) -> str:
    left = len(names) - _RECIPIENTS_SHOWN
    shown = ", ".join(names[:_RECIPIENTS_SHOWN]) + domain + (f" and {left} more" if left > 0 else "")
    return shown if state == "rendered" else f"{shown}: {state_words(state)}"
