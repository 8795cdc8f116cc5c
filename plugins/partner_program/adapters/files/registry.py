"""Reads the registry's folder of CSV files: either all of it is sound, or every fault is reported (contract 3)."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from partner_program.adapters.files import registry_forms as forms
from partner_program.adapters.files import sheet_checks
from partner_program.adapters.files.csv_sheet import Sheet, read_sheet
from partner_program.adapters.files.faults import refuse_unsound
from partner_program.domain.program import SLA_LEVELS, Program
from partner_program.domain.qualifications import Qualification
from partner_program.domain.registry import (
    AccountLink,
    AccountManager,
    BenefitRow,
    Contact,
    Entity,
    ExchangeRate,
    GraceGrant,
    LegacyAgreement,
    Partner,
    Registry,
)


def registry_headings() -> dict[str, list[str]]:
    """The columns that each of the nine files has to have, by its name."""
    first = (forms.ENTITIES, forms.ACCOUNT_MANAGERS, forms.PARTNERS, forms.CONTACTS, forms.ACCOUNT_LINKS)
    then = (forms.legacy_agreements(None), forms.GRACE_GRANTS, forms.benefit_requests(None), forms.EXCHANGE_RATES)
    return {
        form.file_name: [column.name for column in form.columns if not column.may_be_absent] for form in (*first, *then)
    }


FILE_NAMES = tuple(registry_headings())


class _Sheets(NamedTuple):
    entities: Sheet[Entity]
    account_managers: Sheet[AccountManager]
    partners: Sheet[Partner]
    contacts: Sheet[Contact]
    account_links: Sheet[AccountLink]
    legacy_agreements: Sheet[LegacyAgreement]
    grace_grants: Sheet[GraceGrant]
    benefit_requests: Sheet[BenefitRow]
    exchange_rates: Sheet[ExchangeRate]
    qualifications: Sheet[Qualification]


def read_registry(
    folder: Path,
    *,
    benefits: Collection[str] | None = None,
    programs: Sequence[Program] = (),
    instead: Mapping[str, bytes] | None = None,
) -> Registry:
    """Read and check the nine files of a folder, and `qualifications.csv` if it is there.

    Each table comes back ordered by its key.
    `benefits` are the keys that a request or an older agreement may name; without them any key is accepted. `programs`
    say which tiers a grant may name and which terms an older agreement may keep; without them any tier is accepted, and
    the service levels of 2015. `instead` has the bytes of files that are to be
    read in place of those of the folder, by name. Raises `UnsoundFiles` with every fault of every file. An account
    linked to two partners at once is not a fault here: the month reports it as unmatched (rule 2).
    """
    sla_levels = tuple(dict.fromkeys(level for program in programs for level in program.sla_levels)) or SLA_LEVELS
    sheets = _Sheets(
        entities=read_sheet(folder, forms.ENTITIES, instead),
        account_managers=read_sheet(folder, forms.ACCOUNT_MANAGERS, instead),
        partners=read_sheet(folder, forms.PARTNERS, instead),
        contacts=read_sheet(folder, forms.CONTACTS, instead),
        account_links=read_sheet(folder, forms.ACCOUNT_LINKS, instead),
        legacy_agreements=read_sheet(folder, forms.legacy_agreements(benefits, sla_levels), instead),
        grace_grants=read_sheet(folder, forms.GRACE_GRANTS, instead),
        benefit_requests=read_sheet(folder, forms.benefit_requests(benefits), instead),
        exchange_rates=read_sheet(folder, forms.EXCHANGE_RATES, instead),
        qualifications=read_sheet(folder, forms.QUALIFICATIONS, instead),
    )
    _check_rows(sheets)
    _check_references(sheets)
    sheet_checks.check_granted_tiers(sheets.grace_grants, programs)
    sheet_checks.check_agreed_terms(sheets.legacy_agreements, programs)
    refuse_unsound(sheet.faults for sheet in sheets)
    return Registry(
        entities=sheets.entities.built(),
        account_managers=sheets.account_managers.built(),
        partners=sheets.partners.built(),
        contacts=sheets.contacts.built(),
        account_links=sheets.account_links.built(),
        legacy_agreements=sheets.legacy_agreements.built(),
        grace_grants=sheets.grace_grants.built(),
        benefit_requests=sheets.benefit_requests.built(),
        exchange_rates=sheets.exchange_rates.built(),
        qualifications=sheets.qualifications.built(),
    )


def _check_rows(sheets: _Sheets) -> None:
    for sheet in sheets:
        if sheet not in (sheets.account_links, sheets.benefit_requests):
            sheet_checks.check_keys(sheet)
    sheet_checks.check_overlaps(sheets.account_links, ("partner_id", "entity", "account_id"), "the same account's link")
    sheet_checks.check_overlaps(sheets.qualifications, ("partner_id", "key"), "the same partner's value")
    sheet_checks.check_entity_codes(sheets.entities)
    sheet_checks.check_authorized(sheets.partners)
    sheet_checks.check_decided(sheets.benefit_requests)
    sheet_checks.check_request_ids(sheets.benefit_requests)
    sheet_checks.check_euro(sheets.exchange_rates)
    sheet_checks.check_period(sheets.entities, "joined_on", "left_on")
    sheet_checks.check_period(sheets.grace_grants, "starts_on", "ends_on")
    for dated in (sheets.account_links, sheets.legacy_agreements, sheets.benefit_requests, sheets.qualifications):
        sheet_checks.check_period(dated, "valid_from", "valid_to")


def _check_references(sheets: _Sheets) -> None:
    sheet_checks.check_reference(sheets.partners, "account_manager_id", sheets.account_managers)
    sheet_checks.check_reference(sheets.account_links, "entity", sheets.entities)
    for of_partners in (
        sheets.contacts,
        sheets.account_links,
        sheets.legacy_agreements,
        sheets.grace_grants,
        sheets.benefit_requests,
        sheets.qualifications,
    ):
        sheet_checks.check_reference(of_partners, "partner_id", sheets.partners)
