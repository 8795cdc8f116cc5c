"""What a settlement is decided from, to be kept with it: see `domain/decided_from.py`."""

from partner_program.domain.decided_from import DecidedFrom, nameless, nameless_histories
from partner_program.usecases.month.decisions import MonthDecisions
from partner_program.usecases.month.inputs import MonthRequest


def decided_from(request: MonthRequest, decided: MonthDecisions) -> DecidedFrom:
    """What a month's decisions depend on, before anything of them is written."""
    inputs = decided.inputs
    asks = any(each.required_keys for each in inputs.programs.values())
    entities, partners, links, agreements = nameless(inputs.registry)
    program = decided.program
    rises = program is not None and program.readings.rise_on_partial
    return DecidedFrom(
        month=request.month,
        status=request.status,
        migration=inputs.migration,
        effective_on=inputs.run_effective_on,
        entities=entities,
        partners=partners,
        links=links,
        agreements=agreements,
        rates=inputs.rates,
        doubtful_rates=inputs.doubtful_rates,
        entity_faults=inputs.entity_faults,
        effective=inputs.effective,
        histories=nameless_histories(inputs.histories),
        programs={day: each.file_hash for day, each in inputs.programs.items()},
        basis=inputs.basis,
        held=inputs.held if asks else None,
        earlier=inputs.earlier,
        unit=inputs.unit,
        late=tuple(sorted(decided.late)),
        assigned_after=tuple(sorted(decided.assigned_after)) if rises else (),
    )
