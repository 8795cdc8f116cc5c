"""What a person should look at in a registry that is sound: told where it is loaded, changed or looked through."""

from partner_program.adapters.database.registry import load_registry
from partner_program.domain.registry_doubts import registry_doubts
from partner_program.usecases.installation import Installation
from partner_program.usecases.listed_accounts import look_at_lists
from partner_program.usecases.partner_status import rates_left_open


def doubts_of_now(installation: Installation) -> list[str]:
    """Name what in the registry looks like a mistake, beside the rates and the entities' accounts of now."""
    with installation.database.reading() as connection:
        registry = load_registry(connection)
    demanded = {benefit.terms.only_for for program in installation.programs for benefit in program.benefits}
    return [
        *registry_doubts(registry, attributes=demanded - {""}),
        *rates_left_open(installation, registry),
        *look_at_lists(installation, registry),
    ]
