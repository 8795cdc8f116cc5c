"""A story read from its file, and settled month after month: what one month decides is the history of the next.

An account is written as `NL 1001` (entity and number), an amount as `1,800.00 EUR` or `-50.00 EUR credit`. `billed` is
one line for the whole month, `contracts` are lines of other lengths, `months` counting what their amount pays for.
"""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import percent_bp
from partner_program.domain.registry import AccountLink, GraceGrant, LegacyAgreement
from partner_program.domain.revenue import MrrGroup
from partner_program.domain.settlement import Decision, PartnerHistory
from partner_program.domain.totals import MonthTotals
from tests.domain.made_month import LONG_AGO, billed, entity, grant, legacy, line, link, partner, settled


def words(given: dict[str, Any], required: str, optional: str = "") -> dict[str, Any]:
    """Accept these keys and no others, because a check under a misspelt key would check nothing."""
    assert set(required.split()) <= set(given) <= set(f"{required} {optional}".split()), given
    return dict.fromkeys(optional.split()) | given


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def one_line(month: BillingMonth, account: str, amount: str, **span: Any) -> MrrGroup:
    number, currency, *kind = amount.split()
    minor = int(Decimal(number.replace(",", "")) * 100)
    return line(minor, account_id=account, month=month, currency=currency, kind=(*kind, "recurring")[0], **span)


def contract(given: dict[str, str]) -> tuple[str, str, dict[str, Any]]:
    told = words(given, "account amount from until months")
    span = {"start": day(told["from"]), "end": day(told["until"]), "term": int(told["months"])}
    return told["account"], told["amount"], span


def links_of(name: str, accounts: list[Any]) -> list[AccountLink]:
    given = [words({"account": each} if isinstance(each, str) else each, "account", "from until") for each in accounts]
    return [
        link(name, one["account"], one["account"][:2], since=day(one["from"]) or LONG_AGO, until=day(one["until"]))
        for one in given
    ]


def grants_of(name: str, given: list[Any]) -> list[GraceGrant]:
    told = [words(one, "tier from until") for one in given]
    spans = [(int(one["tier"]), date.fromisoformat(one["from"]), date.fromisoformat(one["until"])) for one in told]
    return [grant(*span, grant_id=f"{name} {number}") for number, span in enumerate(spans, start=1)]


def agreements_of(given: list[Any]) -> list[LegacyAgreement]:
    told = [words(one, "monthly setup", "sla until") for one in given]
    return [
        legacy(percent_bp(one["monthly"]), percent_bp(one["setup"]), one["sla"], until=day(one["until"]))
        for one in told
    ]


class Story:
    """A story with what passes from month to month: the decisions so far, and each partner's status."""

    def __init__(self, path: Path) -> None:
        told = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - makes strings alone
        story = words(told, "story because partners months", "contracts")
        partners = {name: words(given, "accounts", "grace legacy") for name, given in story["partners"].items()}
        self.links = [each for name, given in partners.items() for each in links_of(name, given["accounts"])]
        self.grants = {name: grants_of(name, given["grace"] or []) for name, given in partners.items()}
        self.agreements = {name: agreements_of(given["legacy"] or []) for name, given in partners.items()}
        self.contracts = [contract(given) for given in story["contracts"] or []]
        optional = "billed rates not_closed status migration unmatched"
        self.months = [words(month, "month effective expect", optional) for month in story["months"]]
        self.status = dict.fromkeys(partners, "authorized")
        self.decided: dict[str, list[tuple[BillingMonth, Decision]]] = {name: [] for name in partners}

    def settle(self, told: dict[str, Any]) -> MonthTotals:
        """Run a month once; a partner that an earlier run of the month assigned keeps its result."""
        month = BillingMonth.parse(told["month"])
        self.status |= told["status"] or {}
        late = dict.fromkeys(told["not_closed"] or [], f"month {month} not closed")
        lines = [one_line(month, account, amount) for account, amount in (told["billed"] or {}).items()]
        lines += [one_line(month, account, amount, **span) for account, amount, span in self.contracts]
        codes = sorted({each.entity for each in self.links})
        settlement = settled(
            *(
                billed(*(each for each in lines if each.account_id[:2] == code), code=code, fault=late.get(code))
                for code in codes
            ),
            month=month,
            effective_on=date.fromisoformat(told["effective"]),
            entities=[entity(code) for code in codes],
            partners=[partner(name, status) for name, status in self.status.items()],
            links=self.links,
            agreements=self.agreements,
            rates={currency: Decimal(rate) for currency, rate in (told["rates"] or {}).items()},
            histories={name: self._history(name, month) for name in self.status},
            migration=told["migration"] == "yes",
        )
        for decision in settlement.decisions:
            if month not in [assessed for assessed, _ in self.decided[decision.partner_id]]:
                self.decided[decision.partner_id].append((month, decision))
        return settlement.totals

    def assigned(self, month: BillingMonth) -> dict[str, Decision]:
        """The decisions of a month, by partner."""
        decided = [(name, *each) for name, of_partner in self.decided.items() for each in of_partner]
        return {name: decision for name, assessed, decision in decided if assessed == month}

    def _history(self, name: str, month: BillingMonth) -> PartnerHistory:
        before = [decision for assessed, decision in self.decided[name] if assessed < month]
        done = {each.grant.grant_id for decision in before for each in decision.grants if each.outcome is not None}
        return PartnerHistory(
            previous_tier=before[-1].tier if before else None,
            rate=before[-1].rate if before else None,
            open_grants=tuple(each for each in self.grants[name] if each.grant_id not in done),
            lifted_by=tuple(decision.lifted_by for decision in before if decision.lifted_by),
        )
