"""Which benefits the entities' order databases are owed; `usecases.publication` adds them there and reads them back."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import Connection

from partner_program.adapters.database import benefit_publication as outbox_store
from partner_program.adapters.database import benefits as benefit_store
from partner_program.adapters.database import registry as registry_store
from partner_program.domain.benefit_publication import Gift, benefit_rows_owed, gifts_of, gifts_until
from partner_program.domain.program import Program
from partner_program.domain.registry import AUTHORIZED, agreements_by_partner
from partner_program.usecases.leaving import days_of_leaving


def owe_benefits(connection: Connection, programs: Sequence[Program], *, today: date) -> None:
    """Add what approvals, agreements and links call for to the outbox of benefits, in the caller's transaction."""
    gifts = _gifts(connection, programs, today)
    there = outbox_store.load_outboxes(connection)
    if not gifts and not there:
        return
    links = defaultdict(list)
    for link in registry_store.links_of_accounts_of(connection, gifts.keys()):
        links[link.entity, link.account_id].append(link)
    for entity, account_id in sorted(links.keys() | there.keys()):
        own, outbox = links.get((entity, account_id), []), there.get((entity, account_id), [])
        partners = {link.partner_id: gifts.get(link.partner_id, []) for link in own}
        benefits = {gift.benefit for some in partners.values() for gift in some} | {row.benefit for row in outbox}
        for benefit in sorted(benefits):
            rows = benefit_rows_owed(
                account_id=account_id,
                benefit=benefit,
                links=own,
                gifts=partners,
                outbox=[row for row in outbox if row.benefit == benefit],
                today=today,
            )
            outbox_store.add_owed(connection, entity, rows)


def _gifts(connection: Connection, programs: Sequence[Program], today: date) -> Mapping[str, Sequence[Gift]]:
    """What each partner is given that is authorised, or that was so and leaves on a day that is still to come."""
    requests = defaultdict(list)
    for request in benefit_store.load_requests(connection):
        requests[request.partner_id].append(request)
    agreements = agreements_by_partner(registry_store.agreements_with_benefits(connection))
    partners = registry_store.partners_by_id(connection, requests.keys() | agreements.keys())
    leaving = days_of_leaving(connection)
    found = {}
    for each, partner in partners.items():
        gifts = gifts_of(requests=requests[each], agreements=agreements.get(each, ()), programs=programs)
        ends = leaving.get(each, today)
        if partner.status == AUTHORIZED:
            found[each] = gifts
        elif ends > today:
            found[each] = gifts_until(gifts, ends)
    return found
