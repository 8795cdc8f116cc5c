"""The preview book: what a person looks at before approving a month's letters (rule 12)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import quote

from partner_program.adapters.atomic_write import read_private, write_if_changed
from partner_program.adapters.database import deliveries as delivery_store
from partner_program.adapters.database import letters as letter_store
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.database.drafts import as_json, from_json
from partner_program.adapters.database.history import assessed_months, settlements_or_refusal
from partner_program.adapters.database.letter_actions import Action, LetterAction
from partner_program.adapters.database.register import read_register
from partner_program.adapters.database.registry import load_registry
from partner_program.adapters.letters.book_page import HeldGroup, LetterBook, letter_book_page, write_letter_book
from partner_program.adapters.letters.book_view import BookLetter, LetterSize, Recipient
from partner_program.adapters.letters.months_page import PageLink
from partner_program.adapters.mail.sending_settings import sending_settings
from partner_program.adapters.reports.register import register_csv
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import Delivery
from partner_program.domain.families import families_words
from partner_program.domain.large_change import LargeChange
from partner_program.domain.letter_facts import OwedLetter, facts_of_letters
from partner_program.domain.letter_order import LetterChange
from partner_program.domain.letters import LetterFacts, RatesFact
from partner_program.domain.month_order import last_in_force_before
from partner_program.domain.program_unit import Unit
from partner_program.domain.refusals import NotThere
from partner_program.domain.register import Register, RegisterPartner
from partner_program.domain.registry import Registry
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.approval import waiting_batch
from partner_program.usecases.letters.owed_to_nobody import owed_to_nobody
from partner_program.usecases.letters.reconciliation import reconcile_letters
from partner_program.usecases.letters.rendering import (
    LetterFiles,
    letter_batches,
    letter_file_name,
    letter_templates,
    letters_folder,
)
from partner_program.usecases.reports.missing_accounts import NOT_ASKED, MissedAccounts, accounts_missed

_MISSED = "missed_accounts.json"
_DONE: dict[Action, str] = {
    "approve": "approved",
    "approve_auto": "approved without a look",
    "reject": "rejected",
    "accepted": "marked as accepted",
    "resend": "marked to be sent again",
    "bounces": "bounces read",
    "adopt": "installation adopted",
}


@dataclass(frozen=True, slots=True)
class _Found:
    """What the database says about a month and the one in force before it."""

    register: Register
    previous_month: BillingMonth | None
    previous: dict[str, RegisterPartner]
    registry: Registry
    owed: list[OwedLetter]
    deliveries: dict[tuple[str, int], list[Delivery]]
    written_before: frozenset[str]


def write_book(installation: Installation, month: BillingMonth, *, today: date) -> Path:
    """Write the book of a month's letters as they are now; return its page.

    Raises where a letter is not rendered yet: there is nothing to approve then.
    """
    missing = accounts_missed(installation, month)
    book = _gather(installation, month, today, _links(installation, month), missing)
    page = letters_folder(installation, month) / "index.html"
    write_if_changed(page.parent / _MISSED, as_json(MissedAccounts, missing))
    return write_letter_book(page, book, templates=_pages(installation))


def show_book(
    installation: Installation, month: BillingMonth, *, today: date, links: Sequence[tuple[str, str]], at_most: int
) -> str:
    """Return the book of a month's letters as they are now, with links of these words and addresses; writes nothing.

    With more than `at_most` letters, or partners, it is the one that was written last, for it takes long to make:
    raises `NotThere` where none was, or where the letters that wait are others now. Accounts that letters may miss are
    those of the book that was written last: no entity is asked.
    """
    with installation.database.reading() as connection:
        settlements_or_refusal(connection, month)
        size = max(letter_store.count_owed_letters(connection, month), registry_store.count_partners(connection))
    if size <= at_most:
        missing = _missed_before(installation, month)
        book = _gather(installation, month, today, [PageLink(*each) for each in links], missing)
        return letter_book_page(book, templates=_pages(installation))
    batch = waiting_batch(installation, month)
    written = (read_private(letters_folder(installation, month) / "index.html") or b"").decode()
    # The page has the hash in two pieces, the first of them in bold.
    if not written or (batch.deliveries and batch.batch_hash[12:] not in written):
        raise NotThere(
            f"the preview book of {month}, as its letters are now, was not written yet where the api-server can read "
            "it: a run of tier_letters writes it, or `partner-program letters book`"
        )
    return written


def _pages(installation: Installation) -> Path:
    return installation.templates("letters", "pages").path("book.html.j2").parent


def _missed_before(installation: Installation, month: BillingMonth) -> MissedAccounts:
    """What the book that was written last says of accounts."""
    kept = read_private(letters_folder(installation, month) / _MISSED)
    found: MissedAccounts = NOT_ASKED if kept is None else from_json(MissedAccounts, kept.decode())
    return found


def _gather(
    installation: Installation,
    month: BillingMonth,
    today: date,
    links: Sequence[PageLink],
    missing: MissedAccounts,
) -> LetterBook:
    # The hash is read first: if a letter changes while the book is written, the hash is too old and approves nothing.
    batch = waiting_batch(installation, month)
    found = _find(installation, month)
    counted = reconcile_letters(installation, month)
    brand = letter_templates(installation).brand
    return LetterBook(
        billing_month=str(month),
        previous_month=str(found.previous_month) if found.previous_month else None,
        today=today,
        revision=found.register.revision,
        batch_hash=batch.batch_hash,
        waiting=batch.deliveries,
        states={state: count for state, count in counted.states.items() if count},
        decisions=tuple(_decision(each) for each in counted.actions),
        settings=sending_settings(installation.connections),
        letters=_letters(installation, found, missing),
        held=_held(found),
        links=links,
        company_name=brand.company_name,
        programme_name=brand.programme_name,
        sender=f"{brand.sender_name} <{brand.sender_address}>",
        owed_to_nobody=owed_to_nobody(installation, month),
        not_asked=missing.not_asked,
        has_setup=_has_setup(installation, found),
        unit=found.register.unit,
    )


def _has_setup(installation: Installation, found: _Found) -> bool:
    """Whether a letter of the book has, or had before, a discount of set-up fees."""
    day = found.register.effective_on
    if day is None or installation.program_on_or_first(day).has("setup_fee"):
        return True
    return any(row.setup_fee_discount_bp for row in (*found.register.partners, *found.previous.values()))


def _decision(action: LetterAction) -> str:
    when = datetime.fromtimestamp(action.done_at, UTC).strftime("%Y-%m-%d %H:%M")
    return f"{when} UTC: {_DONE[action.action]} by {action.done_by} ({action.reason})"


def _find(installation: Installation, month: BillingMonth) -> _Found:
    batches = letter_batches(installation, month)
    rows: dict[tuple[str, int], list[Delivery]] = defaultdict(list)
    with installation.database.reading() as connection:
        before = last_in_force_before(month=month, assessed=assessed_months(connection))
        previous = read_register(connection, before, names=installation.tier_names).partners if before else ()
        for row in delivery_store.deliveries(connection, month):
            rows[row.partner_id, row.revision].append(row)
        return _Found(
            register=read_register(connection, month, names=installation.tier_names),
            previous_month=before,
            previous={each.partner_id: each for each in previous},
            registry=load_registry(connection),
            owed=[each for batch in batches for each in letter_store.owed_letters(connection, month, batch)],
            deliveries=rows,
            written_before=letter_store.written_to_before(connection, month),
        )


def _letters(installation: Installation, found: _Found, missing: MissedAccounts) -> list[BookLetter]:
    letters = facts_of_letters(owed=found.owed, registry=found.registry, programs=installation.programs)
    return [
        book_letter(
            stated,
            found.deliveries[owed.partner_id, owed.revision],
            before=found.previous.get(owed.partner_id),
            is_first=owed.partner_id not in found.written_before,
            size=_size(installation, owed),
            large=installation.program_on_or_first(stated.effective_on).large_change,
            missing=missing.of(owed.partner_id),
        )
        for owed, stated in letters
    ]


def _size(installation: Installation, letter: OwedLetter) -> LetterSize:
    """The size of a letter's files, which hold what its recipients get."""
    files = LetterFiles.of(letters_folder(installation, letter.billing_month), letter.partner_id)
    html, text, accounts = (path.stat().st_size if path.is_file() else None for path in files)
    return LetterSize((html or 0) + (text or 0), accounts)


def book_letter(
    stated: LetterFacts,
    rows: Sequence[Delivery],
    *,
    before: RegisterPartner | None,
    is_first: bool,
    size: LetterSize,
    large: LargeChange,
    missing: tuple[str, ...] = (),
) -> BookLetter:
    """One letter beside what was `before`, the partner's row in the register of the month in force before it.

    `large` says which changes of revenue are.
    """
    change = LetterChange(
        partner_id=stated.partner_id,
        tier=stated.tier,
        previous_tier=stated.previous_tier,
        mrr_eur_cents=stated.mrr_eur_cents,
        previous_mrr_eur_cents=before.mrr_eur_cents if before and before.unit == stated.program.unit else None,
        is_first=is_first,
        has_lapsed=any(grant.outcome == "lapsed" for grant in stated.grants),
        keeps_legacy=bool(stated.legacy),
        reaches_nobody=all(row.status in ("undeliverable", "refused") for row in rows),
        may_miss_account=bool(missing),
        moved_by_rates=stated.rates is not None,
        large=large,
    )
    return BookLetter(
        change=change,
        company_name=stated.company_name,
        kind=stated.kind,
        language=stated.language,
        effective_on=stated.effective_on,
        monthly_bp=stated.monthly_fee_discount_bp,
        setup_bp=stated.setup_fee_discount_bp,
        previous_monthly_bp=before.monthly_fee_discount_bp if before else None,
        previous_setup_bp=before.setup_fee_discount_bp if before else None,
        legacy=tuple(dict.fromkeys(each.component for each in stated.legacy)),
        recipients=tuple(Recipient(row.recipient, row.status) for row in rows),
        # The file's name has percent signs of its own, which a link has to spell out.
        href=quote(letter_file_name(stated.partner_id)),
        account_count=len(stated.accounts),
        size=size,
        missing=missing,
        tier_name=stated.program.tier_name(stated.tier),
        previous_tier_name=stated.previous_tier_name,
        rates_alone="" if stated.rates is None else _rates_alone(stated.rates, stated.program.unit),
        unit=stated.program.unit,
        families=tuple(families_words(stated.families)),
    )


def _rates_alone(fact: RatesFact, unit: Unit) -> str:
    then = f"At the exchange rates of {fact.month}: {unit.amount(fact.cents)}, tier {fact.tier or 'none'}"
    return f"{then}; held, by rates alone it would be tier {fact.own_tier or 'none'}" if fact.holds else then


def _held(found: _Found) -> list[HeldGroup]:
    """The companies that get no letter, by reason, the most frequent reason first."""
    names = {each.partner_id: each.company_name for each in found.registry.partners}
    groups: dict[str, list[str]] = defaultdict(list)
    for each in found.register.held:
        groups[each.reason].append(names[each.partner_id])
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return [HeldGroup(reason, tuple(companies)) for reason, companies in ordered]


def _links(installation: Installation, month: BillingMonth) -> list[PageLink]:
    """Links to the files near the page; writes the register, which has the letters that the page has no room for."""
    table = installation.out / "registers" / f"{month}.csv"
    with installation.database.reading() as connection:
        register = read_register(connection, month, names=installation.tier_names)
    write_if_changed(table, register_csv(register))
    links = [PageLink("Register (CSV)", f"../../registers/{month}.csv")]
    for label, href in (("Quality report", f"quality/{month}/index.html"), ("Tiers and letters", "index.html")):
        if (installation.out / href).exists():
            links.append(PageLink(label, f"../../{href}"))
    return links
