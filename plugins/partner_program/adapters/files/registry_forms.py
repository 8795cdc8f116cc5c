"""The registry's nine files and the optional tenth, column by column (contract 3)."""

from collections.abc import Callable, Collection, Sequence

from partner_program.adapters.files.csv_sheet import Column, Form
from partner_program.adapters.files.values import (
    attributes,
    choice_of,
    code,
    countries,
    country,
    currency,
    day,
    email,
    entity_code,
    folder_name,
    key_name,
    language,
    tier,
    time_zone,
    whole_between,
    words_of,
)
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.dated import Period
from partner_program.domain.money import BP, exchange_rate
from partner_program.domain.program import SLA_LEVELS
from partner_program.domain.qualifications import Qualification
from partner_program.domain.registry import (
    CONTACT_ROLES,
    PARTNER_STATUSES,
    REQUEST_STATUSES,
    AccountLink,
    AccountManager,
    BenefitRow,
    Contact,
    Entity,
    ExchangeRate,
    GraceGrant,
    LegacyAgreement,
    Partner,
)

LONGEST_ADDRESS = 500
MOST_UNITS = 1_000_000

ENTITIES = Form(
    "entities.csv",
    (
        Column("entity", entity_code),
        Column("legal_name", str),
        Column("country", country),
        Column("currency", currency),
        Column("time_zone", time_zone),
        Column("joined_on", day),
        Column("left_on", day, if_blank=None),
        Column("source", folder_name, if_blank=None, may_be_absent=True),
    ),
    key=("entity",),
    build=Entity,
)
ACCOUNT_MANAGERS = Form(
    "account_managers.csv",
    (
        Column("account_manager_id", code),
        Column("name", str),
        Column("email", email),
        Column("phone", str, if_blank=""),
        Column("countries", countries, if_blank="", may_be_absent=True),
    ),
    key=("account_manager_id",),
    build=AccountManager,
)
PARTNERS = Form(
    "partners.csv",
    (
        Column("partner_id", code),
        Column("company_name", str),
        Column("status", choice_of(PARTNER_STATUSES)),
        Column("language", language),
        Column("country", country),
        Column("website", str, if_blank=""),
        Column("phone", str, if_blank=""),
        Column("address", str, if_blank="", longest=LONGEST_ADDRESS),
        Column("vat_id", str, if_blank=""),
        Column("account_manager_id", code),
        Column("authorized_on", day, if_blank=None),
        Column("attributes", attributes, if_blank="", may_be_absent=True),
    ),
    key=("partner_id",),
    build=Partner,
)
CONTACTS = Form(
    "contacts.csv",
    (
        Column("partner_id", code),
        Column("name", str),
        Column("email", email),
        Column("role", choice_of(CONTACT_ROLES)),
    ),
    key=("partner_id", "email", "role"),
    build=Contact,
)
ACCOUNT_LINKS = Form(
    "account_links.csv",
    (
        Column("partner_id", code),
        Column("entity", code),
        Column("account_id", code),
        Column("valid_from", day),
        Column("valid_to", day, if_blank=None),
    ),
    key=("partner_id", "entity", "account_id", "valid_from"),
    build=lambda partner_id, entity, account_id, valid_from, valid_to: AccountLink(
        partner_id, entity, account_id, Period(valid_from, valid_to)
    ),
)
GRACE_GRANTS = Form(
    "grace_grants.csv",
    (
        Column("grant_id", code),
        Column("partner_id", code),
        Column("tier", tier),
        Column("starts_on", day),
        Column("ends_on", day),
        Column("granted_by", str),
        Column("reason", str),
    ),
    key=("grant_id",),
    build=GraceGrant,
)
QUALIFICATIONS = Form(
    "qualifications.csv",
    (
        Column("partner_id", code),
        Column("key", key_name),
        Column("value", whole_between(0, MOST_UNITS)),
        Column("source", str),
        Column("valid_from", day),
        Column("valid_to", day, if_blank=None),
    ),
    key=("partner_id", "key", "valid_from"),
    build=lambda partner_id, key, value, source, valid_from, valid_to: Qualification(
        partner_id, key, value, source, Period(valid_from, valid_to)
    ),
    may_be_absent=True,
)
EXCHANGE_RATES = Form(
    "exchange_rates.csv",
    (
        Column("billing_month", BillingMonth.parse),
        Column("currency", currency),
        Column("units_per_eur", exchange_rate),
        Column("source", str),
    ),
    key=("billing_month", "currency"),
    build=ExchangeRate,
)


def legacy_agreements(
    benefits: Collection[str] | None, sla_levels: Sequence[str] = SLA_LEVELS
) -> Form[LegacyAgreement]:
    """Return the form of the older agreements: each may keep one of the `sla_levels`.

    It may keep some of the `benefits`, or any if none are given.
    """
    return Form(
        "legacy_agreements.csv",
        (
            Column("partner_id", code),
            Column("monthly_fee_discount_bp", whole_between(0, BP)),
            Column("setup_fee_discount_bp", whole_between(0, BP)),
            Column("sla", choice_of(sla_levels), if_blank=None),
            Column("source", str),
            Column("valid_from", day),
            Column("valid_to", day, if_blank=None),
            Column("benefits", words_of(_benefit_key(benefits)), if_blank=(), may_be_absent=True),
            Column("product", key_name, if_blank=None, may_be_absent=True),
        ),
        key=("partner_id", "valid_from", "source"),
        build=lambda partner_id, monthly_bp, setup_bp, sla, source, valid_from, valid_to, *others: LegacyAgreement(
            partner_id, monthly_bp, setup_bp, sla, source, Period(valid_from, valid_to), *others
        ),
    )


def benefit_requests(benefits: Collection[str] | None) -> Form[BenefitRow]:
    """Return the form of the requests: each must name one of the `benefits`, or any key if none are given."""
    return Form(
        "benefit_requests.csv",
        (
            Column("partner_id", code),
            Column("benefit", _benefit_key(benefits)),
            Column("status", choice_of(REQUEST_STATUSES)),
            Column("decided_by", str, if_blank=""),
            Column("valid_from", day),
            Column("valid_to", day, if_blank=None),
            Column("request_id", code, if_blank="", may_be_absent=True),
            Column("quantity", whole_between(1, MOST_UNITS), if_blank=None, may_be_absent=True),
            Column("purpose", str, if_blank="", may_be_absent=True),
            Column("reason", str, if_blank="", may_be_absent=True),
            Column("requested_on", day, if_blank=None, may_be_absent=True),
            Column("decided_on", day, if_blank=None, may_be_absent=True),
        ),
        key=("partner_id", "benefit", "valid_from", "request_id"),
        build=lambda partner_id, benefit, status, decided_by, valid_from, valid_to, *others: BenefitRow(
            partner_id, benefit, status, decided_by, Period(valid_from, valid_to), *others
        ),
    )


def _benefit_key(benefits: Collection[str] | None) -> Callable[[str], str]:
    return key_name if benefits is None else choice_of(sorted(benefits))
