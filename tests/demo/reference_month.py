"""A second implementation of rules 1, 2 and 7, from a world's files: the product's register is compared with it.

It is slow and simple on purpose, with a Fraction for every line, and shares no code with the product.
"""

import csv
import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

THRESHOLDS = (500_00, 2_000_00, 5_000_00, 10_000_00, 20_000_00, 40_000_00)
COUNTED = {"recurring", "usage", "credit"}
EXCLUDED = {"setup", "one_off", "deposit", "goodwill", "tax"}


@dataclass
class ReferenceMonth:
    """EUR cents and earned tier by authorised partner; `held` has the other ones, with the entities at fault."""

    mrr_eur_cents: dict[str, int] = field(default_factory=dict)
    earned_tier: dict[str, int] = field(default_factory=dict)
    held: dict[str, set[str]] = field(default_factory=dict)
    unmatched: set[tuple[str, str]] = field(default_factory=set)
    entity_cents: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def table(folder: Path, name: str) -> list[dict[str, str]]:
    """A registry file's rows."""
    with (folder / "registry" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def billing_rows(folder: Path, entity: str, query: str, *values: str) -> list[dict[str, Any]]:
    """Rows of one entity's billing database, by column name."""
    with closing(sqlite3.connect(folder / "billing" / f"{entity.lower()}.db")) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query, values)]


def month_bounds(month: str) -> tuple[date, date]:
    """A month's first day and the next one's."""
    first = date.fromisoformat(f"{month}-01")
    return first, (first + timedelta(days=31)).replace(day=1)


def share(line: dict[str, Any], month: str) -> Fraction:
    """What a line that overlaps the month is worth in it, in its own currency's minor units."""
    start, end = date.fromisoformat(line["service_start"]), date.fromisoformat(line["service_end"])
    if line["charge_kind"] == "usage":
        return Fraction(line["net_amount_minor"] if line["service_start"].startswith(month) else 0)
    first, after = month_bounds(month)
    covered = (min(end, after) - max(start, first)).days
    return Fraction(line["net_amount_minor"], line["term_months"]) * covered / (after - first).days


def half_away(amount: Fraction) -> int:
    """Round to a whole number, half away from zero."""
    size = int(abs(amount) + Fraction(1, 2))
    return size if amount >= 0 else -size


def reference_month(folder: Path, month: str) -> ReferenceMonth:
    """Assess one month of a world from its files alone."""
    first_day, following = month_bounds(month)
    last_day = str(following - timedelta(days=1))
    rates = {
        r["currency"]: Fraction(r["units_per_eur"])
        for r in table(folder, "exchange_rates")
        if r["billing_month"] == month
    }
    rates["EUR"] = Fraction(1)
    authorized = {row["partner_id"] for row in table(folder, "partners") if row["status"] == "authorized"}
    owners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for link in table(folder, "account_links"):
        if link["valid_from"] <= last_day and (link["valid_to"] or "9999") > last_day:
            owners[link["entity"], link["account_id"]].add(link["partner_id"])
    result = ReferenceMonth()
    held: dict[str, set[str]] = defaultdict(set)
    sums: dict[tuple[str, str, str, str], Fraction] = defaultdict(Fraction)
    for entity in (row["entity"] for row in table(folder, "entities")):
        if not billing_rows(folder, entity, "SELECT 1 FROM program_period_close WHERE billing_month = ?", month):
            for (at, _), partners in owners.items():
                for partner in partners & authorized if at == entity else ():
                    held[partner].add(entity)
        query = "SELECT * FROM program_mrr_line WHERE service_start < ? AND service_end > ?"
        bounds = (str(following), str(first_day))
        for line in billing_rows(folder, entity, query, *bounds):
            if line["document_status"] != "posted" or line["charge_kind"] in EXCLUDED:
                continue
            account = (entity, line["account_id"])
            if len(owners[account]) != 1:
                result.unmatched.add(account)
                continue
            (partner,) = owners[account]
            sound = (
                isinstance(line["net_amount_minor"], int)
                and line["charge_kind"] in COUNTED
                and line["currency"] in rates
            )
            if partner in authorized and sound:
                sums[partner, *account, line["currency"]] += share(line, month)
            elif partner in authorized:
                held[partner].add(entity)
    totals = dict.fromkeys(sorted(authorized), 0)
    for (partner, entity, _, currency), amount in sums.items():
        cents = half_away(amount / rates[currency])
        totals[partner] += cents
        result.entity_cents[entity] += cents
    result.held = dict(held)
    result.mrr_eur_cents = {partner: cents for partner, cents in totals.items() if partner not in held}
    result.earned_tier = {
        partner: sum(1 for threshold in THRESHOLDS if cents >= threshold)
        for partner, cents in result.mrr_eur_cents.items()
    }
    return result
