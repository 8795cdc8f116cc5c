"""Who is there, and what this person may, as Airflow's own rights say: no right is defined here.

    read     whoever may see the DAG `tier_letters`
    act      whoever may answer its required actions: letters, grants, benefits, disputes
    decide   whoever may change Airflow's variables: the brake, restatements, rates, signatures

docs/operations.md says which roles these are. Where `PARTNER_PROGRAM_APPROVERS` names who alone may answer about rates,
that holds here as it does at Airflow's required actions.
"""

import os
from dataclasses import dataclass
from typing import Annotated

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails, VariableDetails
from airflow.api_fastapi.core_api.security import get_user
from airflow.models.dag import DagModel
from fastapi import Depends, HTTPException, Request

from partner_program.domain.approvers import VARIABLE, named_approvers

LETTERS_DAG = "tier_letters"
WHO_MAY_ACT = "whoever may answer the required actions of tier_letters"
WHO_MAY_DECIDE = "whoever may change Airflow's variables"

User = Annotated[BaseUser, Depends(get_user)]


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks: the name that goes on record, and what this person may beside reading."""

    name: str
    may_act: bool
    may_decide: bool
    may_answer_rates: bool


def may_read(user: User) -> None:
    """Refuse somebody who may not see the letters' DAG."""
    if not get_auth_manager().is_authorized_dag(method="GET", details=_letters(), user=user):
        raise HTTPException(403, "You may not look at the partner programme.")


def person(request: Request, user: User) -> Person:
    """Who asks; also kept with the request, for a page about a fault."""
    manager = get_auth_manager()
    may_change_variables = manager.is_authorized_variable(method="PUT", details=VariableDetails(), user=user)
    named = named_approvers(os.environ.get(VARIABLE, ""))
    found = Person(
        name=user.get_name(),
        may_act=manager.is_authorized_dag(
            method="PUT", access_entity=DagAccessEntity.HITL_DETAIL, details=_letters(), user=user
        ),
        may_decide=may_change_variables,
        may_answer_rates=may_change_variables and (not named or str(user.get_id()) in named),
    )
    request.state.person = found
    return found


Asking = Annotated[Person, Depends(person)]


def may_act(asking: Asking) -> Person:
    """Who acts on letters, grants, benefits and disputes."""
    if not asking.may_act:
        raise HTTPException(403, f"{asking.name} may look, and not act. Who could: {WHO_MAY_ACT}.")
    return asking


def may_decide(asking: Asking) -> Person:
    """Who decides about months: the brake, restatements, rates, signatures."""
    if not asking.may_decide:
        raise HTTPException(403, f"{asking.name} may not decide about months. Who could: {WHO_MAY_DECIDE}.")
    return asking


def may_answer_rates(asking: Asking) -> Person:
    """Who answers about rates: of those who decide, whoever the settings name."""
    if not asking.may_answer_rates:
        raise HTTPException(403, f"{asking.name} may not answer about rates. Who could: {who_may_answer_rates()}.")
    return asking


def who_may_answer_rates() -> str:
    """In words."""
    named = named_approvers(os.environ.get(VARIABLE, ""))
    return f"of those who may change Airflow's variables: {', '.join(named)}" if named else WHO_MAY_DECIDE


def _letters() -> DagDetails:
    return DagDetails(id=LETTERS_DAG, team_name=DagModel.get_team_name(LETTERS_DAG))
