"""What pages show, as JSON for programs: cents, basis points, ISO days, null for a missing value."""

import json
import sys
from dataclasses import fields
from datetime import date

from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import register as register_store
from partner_program.adapters.in_unit import in_unit
from partner_program.adapters.reports.acts import act_facts
from partner_program.adapters.reports.plain_values import plain
from partner_program.adapters.reports.records import record_facts, records_csv, records_json
from partner_program.adapters.reports.register import partner_facts, register_facts
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.partner_list import ExportedPartner, ListedPartner, Near, Order, PartnerList, Wanted
from partner_program.domain.tier_names import NamedTiers, TierNames
from partner_program.usecases.benefits import line_unit
from partner_program.usecases.desk.month import list_months, month_overview
from partner_program.usecases.desk.partner import partner_overview
from partner_program.usecases.desk.partners import find_partners
from partner_program.usecases.grants import grant_tiers
from partner_program.usecases.installation import Installation
from partner_program.usecases.month_unit import units_of_months


def months_file(installation: Installation) -> str:
    """Every month, the newest first."""
    return records_json(list_months(installation))


def month_file(installation: Installation, month: BillingMonth) -> str:
    """A month's register without its partners, what it counts, and who signed it."""
    found = month_overview(installation, month)
    facts: dict[str, object] = {"billing_month": str(month), "status": None}
    if found.decided is not None:
        with installation.database.reading() as connection:
            register = register_store.read_register(connection, month, only=(), names=installation.tier_names)
        decided = found.decided
        facts = {name: value for name, value in register_facts(register).items() if name != "partners"} | {
            **in_unit({"counted_eur_cents": decided.counted_eur_cents}, register.unit),
            "assigned": decided.assigned,
            **{name: decided.partners(name) for name in ("rose", "fell", "stayed", "first")},
            "movements": plain(decided.movements),
            "letters": dict(decided.letters),
            "recipients": dict(decided.recipients),
            "signed": [act_facts(each) for each in decided.signed],
        }
    waits = found.approval
    return _text(
        facts
        | {
            "brake": plain(found.brake.reasons) if found.brake else None,
            "waiting": None if waits is None else {"decision_hash": waits.decision_hash, "by": waits.asked.asked_by},
            "proposal": plain(tuple(sorted(found.proposal.differences))) if found.proposal else None,
        }
    )


def register_part_file(installation: Installation, month: BillingMonth, *, after: str, count: int) -> str:
    """The rows of a month's register after a partner, at most `count`; `next_after` begins the rest."""
    with installation.database.reading() as connection:
        last = settlement_history.settlements_or_refusal(connection, month)[-1]
        ids = register_store.partners_after(connection, month, last, after=after, count=count + 1)
        register = register_store.read_register(connection, month, ids[:count], names=installation.tier_names)
    rows = [partner_facts(each) for each in register.partners]
    head = {"billing_month": str(month), "revision": register.revision, "effective_on": plain(register.effective_on)}
    return _text({**head, "partners": rows, "next_after": ids[count - 1] if len(ids) > count else None})


def partners_file(
    installation: Installation, wanted: Wanted, *, near: Near | None, order: Order, after: str | None, count: int
) -> str:
    """Partners with their results of the newest month in force, at most `count`."""
    found = find_partners(installation, wanted, near=near, order=order, after=after, count=count)
    tiers = _tiers_of_list(installation, found)
    rows = [
        {
            **record_facts(each.partner, found.unit, tiers),
            **in_unit({"gap_eur_cents": each.gap_eur_cents, "kept": plain(each.kept)}, found.unit),
        }
        for each in found.rows
    ]
    head = {"billing_month": plain(found.month), "of": found.of, "every": found.every}
    return _text({**head, "partners": rows, "next_after": found.next_after})


def partners_csv(installation: Installation, wanted: Wanted, *, near: Near | None, order: Order) -> str:
    """Every partner that is wanted as CSV: cents, basis points, ISO days; a formula stays a text."""
    found = find_partners(installation, wanted, near=near, order=order, count=sys.maxsize // 2)
    rows = (
        ExportedPartner(
            **{each.name: getattr(row.partner, each.name) for each in fields(ListedPartner)},
            gap_eur_cents=row.gap_eur_cents,
        )
        for row in found.rows
    )
    return records_csv(ExportedPartner, rows, found.unit, tiers=_tiers_of_list(installation, found))


def _tiers_of_list(installation: Installation, found: PartnerList) -> NamedTiers | None:
    """What the tiers of the newest month are called, by the table of its day."""
    names = installation.tier_names

    def name_of(record: object, field: str) -> str:
        return names.on(found.effective_on, getattr(record, field))

    return NamedTiers(("tier", "previous_tier", "earned_tier"), name_of) if names else None


def partner_file(installation: Installation, partner_id: str, *, on: date) -> str:
    """One partner whole."""
    found = partner_overview(installation, partner_id, on=on)
    unit_of, unit = units_of_months(installation), installation.program_on_or_first(on).unit
    names = installation.tier_names
    own = {
        "result": partner_facts(found.result) if found.result else None,
        "months": [record_facts(each, unit_of(each.billing_month), _tiers_of_month(names)) for each in found.months],
        "grants": [record_facts(each, unit, grant_tiers(names)) for each in found.grants],
        "benefits": [record_facts(each, line_unit(installation, each, unit)) for each in found.benefits],
        "acts": [act_facts(each) for each in found.acts],
    }
    rest = {name: None if name in own else plain(getattr(found, name)) for name in found.__dataclass_fields__}
    return _text({**in_unit(rest, unit), **own})


def _tiers_of_month(names: TierNames) -> NamedTiers | None:
    def name_of(record: object, field: str) -> str:
        return names.on(getattr(record, "effective_on", None), getattr(record, field))

    return NamedTiers(("tier", "previous_tier", "earned_tier", "granted_tier"), name_of) if names else None


def _text(facts: dict[str, object]) -> str:
    return json.dumps(facts, ensure_ascii=False, indent=1) + "\n"
