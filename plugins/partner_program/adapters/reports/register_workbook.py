"""The workbook of a month's register for who signs it: partners, the month before, accounts, lines, reports, acts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from partner_program.adapters.reports.workbook import Cell, Sheet, SheetColumn, workbook
from partner_program.adapters.reports.workbook import Form as SheetForm
from partner_program.domain.acts import DatedAct
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.columns import Column, Form, unit_in, used
from partner_program.domain.money import BP
from partner_program.domain.month_overview import Close, LinesRead, entity_lines
from partner_program.domain.program import Component
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.register import (
    COLUMNS,
    OF_COMPONENT,
    PreviousFigures,
    PreviousMonth,
    Register,
    RegisterLetter,
    RegisterPartner,
)
from partner_program.domain.report import Equation, Report, ReportTable
from partner_program.domain.tier_names import named_in_table
from partner_program.domain.unit import rate_in_unit

_FORMS: Mapping[Form, SheetForm] = {
    "text": "text",
    "whole": "whole",
    "tier": "whole",
    "euros": "amount",
    "change": "amount",
    "amount": "amount",
    "percent": "percent",
}
_DAYS = ("rate_valid_from",)
_APART = ("partner_id", "company_name", "held_reason")
_WITH_BEFORE = ("mrr_eur_cents", "monthly_fee_discount_bp", "setup_fee_discount_bp", "sla")


@dataclass(frozen=True, slots=True)
class RegisterBook:
    """What the workbook is made of: the register, that of the month before, managers by partner.

    `read` are the lines that were read by entity, `closes` what the entities said of their month.
    `acts` stand at the head of the register, oldest first; `reports` become sheets. `programme_began` is the first day
    of the first programme file. `components` are those of the programme: the sheet has no column of another one, unless
    a partner has or had it. `tiers` are the tiers' own names in the reports, lowest first.
    """

    register: Register
    before: PreviousMonth | None
    managers: Mapping[str, str]
    read: Sequence[LinesRead]
    closes: Sequence[Close]
    acts: Sequence[DatedAct]
    programme_began: date
    reports: Sequence[Report] = ()
    components: tuple[Component, ...] = ("monthly_fee", "setup_fee", "sla")
    tiers: Sequence[str] = ()


def register_xlsx(book: RegisterBook) -> bytes:
    """Return the workbook."""
    about = f"Register of {book.register.billing_month}"
    return workbook(_sheets(book), about=about, created=book.programme_began)


def _sheets(book: RegisterBook) -> Iterator[Sheet]:
    """The sheets, each made when it is asked for: the cells of all of them would take twice the memory."""
    yield _partners(book)
    yield _accounts(book.register)
    yield _held(book)
    yield _buckets(book.register)
    yield _every_line(book)
    yield _closes(book)
    for report in book.reports:
        yield from _report(report, book.tiers)
    yield _acts(book.acts)


def _partners(book: RegisterBook) -> Sheet:
    """The columns of the register in euros and per cent, with company and manager, each value beside that of before.

    Why a partner is held stands in the sheet `held`.
    """
    before = _figures_before(book)
    columns = [SheetColumn("partner_id"), SheetColumn("company_name"), SheetColumn("account_manager")]
    names, unit = _names(book), book.register.unit
    for name in names:
        columns.append(_column(name, COLUMNS[name], unit, total=name == "mrr_eur_cents"))
        if name in _WITH_BEFORE:
            columns.append(_column(f"previous_{name}", COLUMNS[name], unit, total=name == "mrr_eur_cents"))
        if name == "mrr_eur_cents":
            mrr = _named("mrr_eur", unit)
            change = _named("mrr_change_eur", unit)
            columns.append(SheetColumn(change, _amount_form(unit), minus=(mrr, f"previous_{mrr}")))
    rows = [_partner(names, each, before.get(each.partner_id), book.managers) for each in book.register.partners]
    return Sheet(str(book.register.billing_month), columns, rows, fixed=2)


def _names(book: RegisterBook) -> list[str]:
    """The columns of the register that the sheet has after company and manager."""
    partners = [*book.register.partners, *(book.before.figures.values() if book.before else ())]
    names = [name for name in used(COLUMNS, book.register.partners) if name not in _APART]
    for component, name in OF_COMPONENT.items():
        if component not in book.components and not any(getattr(each, name) for each in partners):
            names.remove(name)
    return names


def _partner(
    names: Sequence[str], own: RegisterPartner, before: PreviousFigures | None, managers: Mapping[str, str]
) -> list[Cell]:
    row: list[Cell] = [own.partner_id, own.company_name, managers.get(own.partner_id)]
    for name in names:
        row.append(_cell(COLUMNS[name], getattr(own, name), own.unit))
        if name in _WITH_BEFORE:
            row.append(_cell(COLUMNS[name], getattr(before, name), own.unit) if before else None)
        if name == "mrr_eur_cents":
            now, then = own.mrr_eur_cents, before.mrr_eur_cents if before else None
            row.append(None if now is None or then is None else _own(now - then, own.unit))
    return row


def _column(name: str, column: Column, unit: Unit = EURO, *, total: bool = False) -> SheetColumn:
    """A column by its name without the unit, which the workbook does not use."""
    heading = name.removesuffix("_cents").removesuffix("_bp").removesuffix("_minor")
    form = _amount_form(unit) if column.form in ("euros", "change") else _FORMS[column.form]
    return SheetColumn(_named(heading, unit), "day" if name.endswith(_DAYS) else form, total)


def _named(heading: str, unit: Unit) -> str:
    """A heading that names EUR, for a programme in this unit."""
    return heading if unit.is_euro else heading.replace("_eur", f"_{unit.name.lower()}")


def _amount_form(unit: Unit) -> SheetForm:
    return "amount" if unit.decimals else "whole"


def _own(minor: int | None, unit: Unit) -> Decimal | None:
    """An amount of the programme."""
    return None if minor is None else Decimal(minor).scaleb(-unit.decimals)


def _figures_before(book: RegisterBook) -> Mapping[str, PreviousFigures]:
    """The figures of the month before by partner; none where it was counted in another unit."""
    if book.before is None or book.before.unit != book.register.unit:
        return {}
    return book.before.figures


def _cell(column: Column, value: object, unit: Unit = EURO) -> Cell:
    if isinstance(value, int) and _FORMS[column.form] == "amount":
        return _own(value, unit)
    if isinstance(value, RegisterLetter):
        return value.kind
    if isinstance(value, BillingMonth):
        return str(value)
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    if isinstance(value, int) and column.form == "percent":
        return Decimal(value) / BP
    if value is None or isinstance(value, str | int | date):
        return value
    raise TypeError(f"a cell of the workbook cannot hold {type(value).__name__}")


def _accounts(register: Register) -> Sheet:
    columns = [
        *(SheetColumn(name) for name in ("partner_id", "company_name", "entity", "account_id", "currency")),
        SheetColumn(_named("units_per_eur", register.unit), "units"),
        SheetColumn(_named("mrr_eur", register.unit), _amount_form(register.unit), total=True),
    ]
    return Sheet("accounts", columns, [row for each in register.partners for row in _accounts_of(each)])


def _accounts_of(partner: RegisterPartner) -> Iterable[list[Cell]]:
    for each in partner.accounts:
        rate = rate_in_unit(each.units_per_eur)
        yield [
            partner.partner_id,
            partner.company_name,
            each.entity,
            each.account_id,
            each.currency,
            rate,
            _own(each.mrr_eur_cents, partner.unit),
        ]


def _held(book: RegisterBook) -> Sheet:
    """Who is held, why, and what the month before counted: nobody reads an empty month as a loss."""
    names = {each.partner_id: each.company_name for each in book.register.partners}
    unit = book.register.unit
    before = {each: figures.mrr_eur_cents for each, figures in _figures_before(book).items()}
    columns = [
        *(SheetColumn(name) for name in ("partner_id", "company_name", "entities", "reason")),
        SheetColumn(_named("previous_mrr_eur", unit), _amount_form(unit), total=True),
    ]
    rows: list[list[Cell]] = [
        [
            each.partner_id,
            names.get(each.partner_id),
            " ".join(each.entities),
            each.reason,
            _own(before.get(each.partner_id), unit),
        ]
        for each in book.register.held
    ]
    return Sheet("held", columns, rows)


def _buckets(register: Register) -> Sheet:
    columns = [
        *(SheetColumn(name) for name in ("entity", "currency", "bucket")),
        SheetColumn("lines", "whole"),
        SheetColumn("net_amount", "amount"),
    ]
    unit = register.unit
    rows = [[*row[:-1], _own(row.net_amount_minor, unit.of(row.currency))] for row in register.buckets]
    return Sheet("buckets", columns, rows)


def _every_line(book: RegisterBook) -> Sheet:
    """The equation of each entity: the lines that were read are those in buckets, and the difference is 0."""
    counted: dict[str, dict[str, int]] = {}
    for each in entity_lines(book.register.buckets):
        of_entity = counted.setdefault(each.entity, {})
        for name, bucket in each.buckets.items():
            of_entity[name] = of_entity.get(name, 0) + bucket.lines
    names = sorted({name for buckets in counted.values() for name in buckets})
    columns = [
        SheetColumn("entity"),
        SheetColumn("lines_read", "whole", total=True),
        *(SheetColumn(f"in_{name}", "whole", total=True) for name in names),
        SheetColumn("in_buckets", "whole", total=True),
        SheetColumn("difference", "whole", total=True, minus=("lines_read", "in_buckets")),
    ]
    rows: list[list[Cell]] = []
    for lines in book.read:
        of_entity = counted.get(lines.entity, {})
        rows.append(
            [lines.entity, lines.read, *(of_entity.get(name, 0) for name in names), lines.in_buckets, lines.difference]
        )
    return Sheet("every line", columns, rows)


def _closes(book: RegisterBook) -> Sheet:
    """What each entity said of its month beside what was read: lines and amounts of posted documents, in its currency.

    A currency that only one of the two has is there too.
    """
    closed = {(each.entity, each.currency): each for each in book.closes}
    posted = {(each.entity, each.currency): each.posted for each in entity_lines(book.register.buckets)}
    columns = [
        SheetColumn("entity"),
        SheetColumn("currency"),
        SheetColumn("closed_lines", "whole"),
        SheetColumn("posted_lines", "whole"),
        SheetColumn("lines_difference", "whole", minus=("closed_lines", "posted_lines")),
        SheetColumn("control_total", "amount"),
        SheetColumn("posted_amount", "amount"),
        SheetColumn("amount_difference", "amount", minus=("control_total", "posted_amount")),
    ]
    rows: list[list[Cell]] = []
    for key in sorted({*closed, *posted}):
        close, buckets = closed.get(key), posted.get(key, ())
        lines, net = sum(each.lines for each in buckets), sum(each.net_amount_minor for each in buckets)
        of_lines = [close.lines, lines, close.lines - lines] if close else [None, lines, None]
        total = close.control_total_minor if close else None
        unit, lacks = book.register.unit.of(key[1]), None if total is None else total - net
        of_amounts = [_own(each, unit) for each in (total, net, lacks)]
        rows.append([*key, *of_lines, *of_amounts])
    return Sheet("closes", columns, rows)


def _report(report: Report, tiers: Sequence[str]) -> Iterable[Sheet]:
    """A sheet for each table of a report, and one with its equations where it has some."""
    for table in report.tables:
        name = report.name if len(report.tables) == 1 else f"{report.name} {table.name.replace('_', ' ')}"
        yield _table(name, table, report.unit, tiers)
    if report.equations:
        yield _equations(f"{report.name} sums", report.equations, _amount_form(report.unit))


def _table(name: str, table: ReportTable[object], unit: Unit, tiers: Sequence[str]) -> Sheet:
    """A table; where tiers have names, each stands in a column behind the number of its tier."""
    fields, named = table.columns, named_in_table(table.columns, tiers)
    columns: list[SheetColumn] = []
    for field, column in fields.items():
        columns.append(_column(field, column, unit, total=field in table.totals))
        columns += [SheetColumn(f"{field}_name")] if named and field in named.fields else []
    rows = []
    for row in table.rows:
        cells: list[Cell] = []
        for field, column in fields.items():
            cells.append(_cell(column, getattr(row, field), unit_in(row, column.form, unit)))
            cells += named.beside(row, field).values() if named else ()
        rows.append(cells)
    return Sheet(name, columns, rows)


def _equations(name: str, equations: Sequence[Equation], form: SheetForm) -> Sheet:
    columns = [SheetColumn("sum"), SheetColumn("part"), SheetColumn("currency"), SheetColumn("amount", form)]
    rows: list[list[Cell]] = []
    for each in equations:
        words, whole = each.whole
        rows += [[words, part, each.unit.name, _own(minor, each.unit)] for part, minor in each.parts]
        rows.append([words, "all parts", each.unit.name, _own(whole, each.unit)])
    return Sheet(name, columns, rows)


def _acts(acts: Sequence[DatedAct]) -> Sheet:
    names = ("done_at", "kind", "done_by", "reason", "subject", "decided_hash")
    columns = [SheetColumn(name, "moment" if name == "done_at" else "text") for name in names]
    return Sheet("acts", columns, [[getattr(each, name) for name in names] for each in acts])
