"""Runs the checks of values with Great Expectations: one suite over each entity's frozen groups (rule 7).

Great Expectations passes empty frames, and nulls among sound values; `domain.completeness` finds those, and its
findings come first. Both libraries take seconds to import, so only functions import them.
"""

import logging
import os
import warnings
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from partner_program.adapters.atomic_write import make_folder, write_if_changed
from partner_program.adapters.no_collecting import without_collecting
from partner_program.adapters.quality.kept import drop_findings, keep_findings, kept_findings, made_of
from partner_program.adapters.quality.offline_pages import offline_sections, page_name
from partner_program.adapters.quality.suite import NUMBER_COLUMNS, Check, suite
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.completeness import LARGEST_WHOLE, completeness_findings
from partner_program.domain.findings import (
    EXAMPLES,
    Finding,
    group_key,
    in_reading_order,
    one_line,
)
from partner_program.domain.plurals import plural
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import CountedTotals, EntityRevenue, MrrGroup, may_count

if TYPE_CHECKING:
    import pandas as pd

NOT_CHECKED = "could not be checked"  # the next run may be able to
_NUMBERS = (*NUMBER_COLUMNS, "period_days", "term_amount_minor", "minor_days")


def validate(
    revenues: Sequence[EntityRevenue],
    *,
    month: BillingMonth,
    entities: Sequence[Entity],
    rated_currencies: Collection[str],
    previous: Mapping[str, CountedTotals] | None = None,
    docs_folder: Path | None = None,
) -> list[Finding]:
    """Check a month's frozen data: the completeness gate first, then the suite over each entity without a fault.

    `rated_currencies` have an exchange rate in the month; `previous` holds the totals that counted last month, by
    entity. With a `docs_folder`, one page of results per checked entity is written there for `write_quality_report`,
    replacing the pages of an earlier run; what an earlier run checked there is not checked again.
    """
    findings = completeness_findings(
        month=month, entities=entities, revenues=revenues, rated_currencies=rated_currencies, previous=previous or {}
    )
    said = {(finding.entity, finding.check) for finding in findings}
    currencies = {entity.entity: entity.currency for entity in entities}
    kept = {} if docs_folder is None else _kept(docs_folder, revenues, month, currencies)
    checks = None
    for revenue in revenues:
        if revenue.fault is None:
            found = kept.get(revenue.entity)
            if found is None:
                checks = checks or GroupChecks(month)
                frame, currency = groups_frame(revenue.groups, month), currencies.get(revenue.entity)
                found = checks.run(revenue.entity, currency, frame, docs_folder)
                if docs_folder is not None and not any(NOT_CHECKED in each.message for each in found):
                    keep_findings(docs_folder, revenue.entity, made_of(revenue, month, currency), found)
            findings += [finding for finding in found if (finding.entity, finding.check) not in said]
    return in_reading_order(dict.fromkeys(findings))


def _kept(
    docs_folder: Path, revenues: Sequence[EntityRevenue], month: BillingMonth, currencies: Mapping[str, str]
) -> dict[str, list[Finding]]:
    """Return the findings of entities whose data an earlier run checked; remove the pages of all others.

    An entity that has a fault now gets no page.
    """
    make_folder(docs_folder)
    kept = {}
    for revenue in revenues:
        if revenue.fault is None:
            made = made_of(revenue, month, currencies.get(revenue.entity))
            found = kept_findings(docs_folder, revenue.entity, made)
            if found is not None:
                kept[revenue.entity] = found
    for entity in {*currencies, *(revenue.entity for revenue in revenues)} - kept.keys():
        drop_findings(docs_folder, entity)
    return kept


def groups_frame(groups: Sequence[MrrGroup], month: BillingMonth) -> "pd.DataFrame":
    """Return the groups that may count as a frame: month as text, whole numbers as int64, unsound columns as found.

    Where the lines of a group may cover other days, its `covered_days` are 0; `completeness` has checked their sum.
    """
    import pandas as pd

    deciding = [group for group in groups if may_count(group)]
    columns = {"billing_month": pd.Series([str(month)] * len(deciding), dtype="str")}
    for column in MrrGroup._fields:
        values = [getattr(group, column) for group in deciding]
        if column == "covered_days":
            values = [0 if value is None else value for value in values]
        columns[column] = pd.Series(values, dtype=_dtype(values, column in _NUMBERS))
    return pd.DataFrame(columns)


def _dtype(values: Sequence[object], is_number: bool) -> str:
    """Return the type for a column; "object" keeps null, NaN and text among numbers as they are, without a cast."""
    if is_number:
        return "int64" if all(type(value) is int and abs(value) <= LARGEST_WHOLE for value in values) else "object"
    return "str" if all(isinstance(value, str) for value in values) else "object"


def import_beside() -> None:
    """Begin to import the library in a thread: it takes seconds, in which billing databases answer.

    It imports SQLAlchemy's ORM, at which SQLAlchemy looks in this thread's queries: what is half imported fails them.
    """
    import sqlalchemy.orm  # noqa: F401

    Thread(target=_great_expectations, daemon=True).start()


def _great_expectations() -> Any:
    """Import the library; it is told before not to send anything anywhere, and to log warnings alone."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    # it imports PySpark where that is installed, which then warns of a pandas that we do not hand to it
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
    with without_collecting():  # an import makes little but what stays: a sixth of its time
        import great_expectations

    return great_expectations


class GroupChecks:
    """Great Expectations, started once for all entities of a month: quiet, and it sends nothing anywhere."""

    def __init__(self, month: BillingMonth) -> None:
        self._gx: Any = _great_expectations()
        self._month = month
        self._context = self._gx.get_context(mode="ephemeral")
        self._context.variables.progress_bars = {"globally": False}
        self._frozen = self._context.data_sources.add_pandas("frozen")

    def run(
        self, entity: str, currency: str | None, frame: "pd.DataFrame", docs_folder: Path | None = None
    ) -> list[Finding]:
        """Run the suite over one entity's frame; each finding names at most `EXAMPLES` rows, by their key."""
        name = f"{entity} {len(self._frozen.assets) + 1}"
        expectations = [self._expectation(check) for check in suite(self._month, currency)]
        definition = self._gx.ValidationDefinition(
            name=name,
            data=self._frozen.add_dataframe_asset(name).add_batch_definition_whole_dataframe(str(self._month)),
            suite=self._context.suites.add(self._gx.ExpectationSuite(name=name, expectations=expectations)),
        )
        # SUMMARY without index columns: with them, a month of only bad rows takes a minute and gigabytes.
        results = self._context.validation_definitions.add(definition).run(
            batch_parameters={"dataframe": frame}, result_format="SUMMARY"
        )
        if docs_folder is not None:
            write_if_changed(docs_folder / page_name(entity), offline_sections(_page(results)))
        return [_finding(entity, result, frame) for result in results.results if not result.success]

    def _expectation(self, check: Check) -> object:
        from great_expectations.expectations.row_conditions import Column

        concerned = {"row_condition": Column("charge_kind").is_not_in(check.exempt_kinds)} if check.exempt_kinds else {}
        return getattr(self._gx.expectations, check.expectation)(
            **check.arguments,
            **concerned,
            severity=check.severity,
            description=f"{check.severity.capitalize()}: {check.rule}",
            meta={"check": check.name, "rule": check.rule},
        )


def _page(results: Any) -> str:
    """Render the results as one page of Data Docs, without the site around it, whose index needs scripts."""
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer

    return str(_page_view().render(ValidationResultsPageRenderer().render(results)))


@cache
def _page_view() -> Any:
    """The library's own templates, compiled once a process."""
    from great_expectations.render.view.view import DefaultJinjaPageView

    return DefaultJinjaPageView()


def _finding(entity: str, result: Any, frame: "pd.DataFrame") -> Finding:
    """Turn a failed expectation into a finding; an expectation that could not run is critical, whatever it checks."""
    config = result.expectation_config
    rule = config.meta["rule"]
    raised = _raised(result.exception_info)
    if raised is not None:
        message = f"{rule}: {NOT_CHECKED} ({one_line(raised)})"
        return Finding(entity, "critical", config.meta["check"], message)
    count = int(result.result["unexpected_count"])
    rows = result.result["partial_unexpected_index_list"][:EXAMPLES]
    return Finding(
        entity=entity,
        severity=config.severity.value,
        check=config.meta["check"],
        message=f"{rule} (not so in {plural(count, 'group')} of lines)",
        count=count,
        examples=tuple(_key(frame.loc[row]) for row in rows),
    )


def _key(row: Any) -> str:
    return group_key(MrrGroup(**{column: row[column] for column in MrrGroup._fields}))


def _raised(exception_info: Mapping[str, Any]) -> str | None:
    """Return the message of an expectation that raised, or None; the library nests it under a metric that failed."""
    for info in (exception_info, *exception_info.values()):
        if isinstance(info, Mapping) and info.get("exception_message"):
            return str(info["exception_message"])
    return None
