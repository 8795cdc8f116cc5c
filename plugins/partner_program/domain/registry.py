"""The registry, loaded from files: the partners, their accounts, what was agreed with them (contract 3).

Not the register, which has what a month decided.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from partner_program.domain.acts import Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.dated import Period
from partner_program.domain.qualifications import Qualification
from partner_program.domain.refusals import Refusal

AUTHORIZED = "authorized"
PARTNER_STATUSES = ("applied", "authorized", "suspended", "ended")
CONTACT_ROLES = ("billing", "business", "technical")
REQUEST_STATUSES = ("requested", "approved", "refused")


@dataclass(frozen=True, slots=True)
class Entity:
    """A legal entity with a billing database of its own; `left_on` is exclusive."""

    entity: str
    legal_name: str
    country: str
    currency: str
    time_zone: str
    joined_on: date
    left_on: date | None = None
    source: str | None = None

    def bills_in(self, month: BillingMonth) -> bool:
        """Whether the entity belongs to the company on some day of the month."""
        return self.joined_on <= month.last_day and (self.left_on is None or self.left_on > month.first_day)


@dataclass(frozen=True, slots=True)
class AccountManager:
    """The person who looks after a partner, as letters name them.

    `countries` are those of the manager's region, codes of two capitals with blanks between them; empty: any.
    """

    account_manager_id: str
    name: str
    email: str
    phone: str
    countries: str = ""


def check_managers(named: Collection[str], known: Collection[str]) -> None:
    """Refuse ids that are no partner manager's, all of them named beside those that are."""
    unknown = [each for each in named if each not in known]
    if unknown:
        raise Refusal(
            f"partner manager {' and '.join(unknown)} is not in account_managers.csv, which has "
            f"{', '.join(sorted(known))}"
        )


@dataclass(frozen=True, slots=True)
class Partner:
    """A reseller, identified by `partner_id`, never by name.

    `attributes` are keys with blanks between them, as `specialised`: what a benefit that is not for all may demand.
    """

    partner_id: str
    company_name: str
    status: str
    language: str
    country: str
    website: str
    phone: str
    address: str
    vat_id: str
    account_manager_id: str
    authorized_on: date | None = None
    attributes: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """A person at a partner; letters go to every contact of role `billing`."""

    partner_id: str
    name: str
    email: str
    role: str


@dataclass(frozen=True, slots=True)
class AccountLink:
    """An entity's account belongs to a partner for a period; the link on the month's last day decides."""

    partner_id: str
    entity: str
    account_id: str
    period: Period


@dataclass(frozen=True, slots=True)
class LegacyAgreement:
    """An older agreement: a floor for each component that it names (rule 6); `benefits` are the keys that it keeps.

    It is about the general discount of the monthly fee, or about that of the one `product` family that it names.
    """

    partner_id: str
    monthly_fee_discount_bp: int
    setup_fee_discount_bp: int
    sla: str | None
    source: str
    period: Period
    benefits: tuple[str, ...] = ()
    product: str | None = None


def agreements_by_partner(agreements: Iterable[LegacyAgreement]) -> dict[str, list[LegacyAgreement]]:
    """Agreements by partner, in their order; a partner that has none is not there."""
    found: dict[str, list[LegacyAgreement]] = defaultdict(list)
    for agreement in agreements:
        found[agreement.partner_id].append(agreement)
    return dict(found)


@dataclass(frozen=True, slots=True)
class GraceGrant:
    """A partner is lifted to a tier for `[starts_on, ends_on)` (rule 5)."""

    grant_id: str
    partner_id: str
    tier: int
    starts_on: date
    ends_on: date
    granted_by: str
    reason: str

    @property
    def period(self) -> Period:
        """The days on which the grant can lift the tier."""
        return Period(self.starts_on, self.ends_on)


@dataclass(frozen=True, slots=True)
class BenefitRow:
    """What the file says of one request for a benefit: how far it is, decided by whom, for which days.

    `period` and `quantity` are those asked for, and once it is approved those approved. `request_id` is "" where the
    file does not give one.
    """

    partner_id: str
    benefit: str
    status: str
    decided_by: str
    period: Period
    request_id: str = ""
    quantity: int | None = None
    purpose: str = ""
    reason: str = ""
    requested_on: date | None = None
    decided_on: date | None = None

    @property
    def own_id(self) -> str:
        """The request's id: the file's, or partner, benefit and first day."""
        return self.request_id or request_id_of(self.partner_id, self.benefit, self.period.valid_from)


def request_id_of(partner_id: str, benefit: str, valid_from: date) -> str:
    """The id of a request that was given none."""
    return f"{partner_id}-{benefit}-{valid_from}"


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """Units of a currency per EUR for one month, with the source of that rate."""

    billing_month: BillingMonth
    currency: str
    units_per_eur: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Registry:
    """All of the registry's tables, each ordered by its key.

    `benefit_requests` are the file's rows; a registry that was read from the database has none of them, since no month
    depends on them: see `adapters.database.benefits`.
    """

    entities: tuple[Entity, ...]
    account_managers: tuple[AccountManager, ...]
    partners: tuple[Partner, ...]
    contacts: tuple[Contact, ...]
    account_links: tuple[AccountLink, ...]
    legacy_agreements: tuple[LegacyAgreement, ...]
    grace_grants: tuple[GraceGrant, ...]
    benefit_requests: tuple[BenefitRow, ...]
    exchange_rates: tuple[ExchangeRate, ...]
    qualifications: tuple[Qualification, ...] = ()


@dataclass(frozen=True, slots=True)
class Removals:
    """Rows of the registry that were a mistake, each as `FILE:KEY`, and who takes them out, why and when."""

    rows: Sequence[str]
    by: Doer
