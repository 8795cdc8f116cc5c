"""Turns a letter into blocks for paper: headings, paragraphs, tables and lists in the order of the HTML part.

Every sentence comes from the wording that HTML and plain text use too, every figure from the same `LetterView`; this
module only decides which block follows which.
"""

from collections.abc import Iterator
from typing import Any

from partner_program.adapters.letters.view import EntityRows, LegacyRow, LetterView

Block = dict[str, Any]
"""A block: its `kind`, and the values that this kind shows."""


def letter_blocks(view: LetterView, wording: Any, kind: Any) -> list[Block]:
    """Return all blocks of a letter; `wording` and `kind` are the compiled modules of one language's sentences."""
    blocks = [
        _heading(1, kind.headline(view)),
        _paragraph(wording.greeting(view)),
        _paragraph(f"{kind.lead(view)} {wording.why(view)}"),
        _steps(view, wording),
        {"kind": "note", "title": wording.existing_title(view), "text": wording.existing(view)},
        _heading(2, wording.terms_title(view)),
        _paragraph(wording.terms_from(view)),
        _terms(view, wording),
        *_legacy(view, wording),
        *_grace(view, wording),
        *_revenue(view, wording),
        *_moves(view, wording),
        *_window(view, wording),
        _heading(2, wording.accounts_title),
        _paragraph(wording.accounts_counted(view)),
        _heading(2, wording.next_title(view)),
        _paragraph(wording.next(view)),
        *_way(view),
        *_benefits(view, wording),
        *_ended(view, wording),
        *_prepayment(view, wording),
        *_manager(view, wording),
        {"kind": "small", "text": wording.footer(view)},
    ]
    return blocks


def _heading(level: int, text: str) -> Block:
    return {"kind": "heading", "level": level, "text": text}


def _paragraph(text: str) -> Block:
    return {"kind": "paragraph", "text": text}


def _row(*cells: str, mark: str | None = None, was: str | None = None) -> Block:
    """Return one row of a table; `mark` is printed small below the first cell, `was` below the last."""
    return {"cells": cells, "mark": mark, "was": was}


def _group(rows: list[Block], title: str | None = None, total: tuple[str, str] | None = None) -> Block:
    return {"title": title, "rows": rows, "sum": total}


def _table(
    aligned: str,
    groups: list[Block],
    head: tuple[str, ...] | None = None,
    total: tuple[str, str] | None = None,
    notes: tuple[str, ...] = (),
) -> Block:
    """Return a table; `aligned` has a sign for each column: `<` aligns at the start of the line, `>` at its end.

    The `notes` stand small below the total, on its page.
    """
    return {
        "kind": "table",
        "columns": [each == ">" for each in aligned],
        "head": head,
        "groups": groups,
        "total": total,
        "notes": notes,
    }


def _steps(view: LetterView, wording: Any) -> Block:
    before = None
    if view.previous_tier is not None:
        before = {"label": wording.before, "tier": wording.tier_name(view.previous_tier, view.previous_tier_name)}
    return {
        "kind": "steps",
        "before": before,
        "arrow": view.arrow,
        "after": {"label": wording.from_day(view), "tier": wording.tier_now(view)},
        "movement": wording.movement(view),
    }


def _terms(view: LetterView, wording: Any) -> Block:
    rows = [
        _row(
            wording.term_name(row),
            wording.term_value(row),
            mark=wording.kept_mark if row.kept else None,
            was=wording.term_before(row) if row.compared else None,
        )
        for row in view.terms
    ]
    return _table("<>", [_group(rows)])


def _legacy(view: LetterView, wording: Any) -> Iterator[Block]:
    ended = wording.ended_legacy_intro(view)
    for rows, title, intro, value in (
        (view.ended_legacy, wording.ended_legacy_title, ended, wording.ended_legacy_value),
        (view.legacy, wording.legacy_title, wording.legacy_intro, wording.legacy_value),
    ):
        if rows:
            yield _heading(2, title)
            yield _paragraph(intro)
            yield _table("<>", [_group([_legacy_row(row, wording) for row in rows])], (wording.legacy_term, value))


def _legacy_row(row: LegacyRow, wording: Any) -> Block:
    return _row(wording.term_name(row), row.value, mark=f"{row.source}, {wording.legacy_until(row)}")


def _grace(view: LetterView, wording: Any) -> Iterator[Block]:
    if not view.grants:
        return
    yield _heading(2, wording.grace_title)
    rows = [
        _row(row.tier_name or str(row.tier), row.first_day, row.last_day, wording.grace_state(row.state))
        for row in view.grants
    ]
    head = (wording.grace_tier, wording.grace_first, wording.grace_last, wording.grace_status)
    yield _table("<<<>", [_group(rows)], head)
    for state in ("open", "confirmed", "lapsed"):
        if state in view.grant_states:
            yield {"kind": "small", "text": str(wording.grace_note(view, state)).strip()}


def _revenue(view: LetterView, wording: Any) -> Iterator[Block]:
    yield _heading(2, wording.revenue_title(view))
    if not view.entities:
        yield _paragraph(wording.revenue_none(view))
        return
    yield _paragraph(wording.revenue_intro(view))
    foreign = view.shows_currencies
    yield _table(
        "<>>" if foreign else "<>",
        [_entity(entity, wording, foreign) for entity in view.entities],
        (wording.account, *([wording.billed] if foreign else []), wording.in_unit(view)),
        (wording.total, view.total),
        tuple(_revenue_notes(view, wording)),
    )


def _revenue_notes(view: LetterView, wording: Any) -> Iterator[str]:
    if view.exchange_rates:
        rates = "; ".join(f"1 {view.unit} = {units} {currency}" for currency, units in view.exchange_rates)
        yield f"{wording.rates_used} {rates}"
    if view.total_is_negative:
        yield wording.negative(view)


def _entity(entity: EntityRows, wording: Any, foreign: bool) -> Block:
    rows = [_row(row.account, *([row.billed] if foreign else []), row.euros) for row in entity.accounts]
    total = (wording.subtotal, entity.subtotal) if entity.subtotal else None
    return _group(rows, f"{entity.entity} · {entity.legal_name}", total)


def _moves(view: LetterView, wording: Any) -> Iterator[Block]:
    earlier = view.earlier
    if earlier is None or not earlier.moves:
        return
    yield _heading(3, wording.moves_title(view))
    yield {"kind": "items", "items": [wording.move(row) for row in earlier.moves]}
    if earlier.other_moves:
        yield {"kind": "small", "text": wording.other_moves(view)}


def _window(view: LetterView, wording: Any) -> Iterator[Block]:
    window = view.window
    if window is None:
        return
    yield _heading(2, wording.window_title(window))
    notes = (str(wording.window_amount(window)), str(wording.window_leaves(window)))
    yield _table(
        "<>",
        [_group([_row(*row) for row in window.rows])],
        (wording.window_month, wording.in_unit(view)),
        (wording.total, window.total),
        tuple(filter(None, notes)),
    )


def _way(view: LetterView) -> Iterator[Block]:
    if view.next_tier and view.next_tier.reached:
        yield {"kind": "way", "reached": view.next_tier.reached}


def _benefits(view: LetterView, wording: Any) -> Iterator[Block]:
    if not view.has_benefits:
        return
    yield _heading(2, wording.benefits_title)
    if not view.tier or not view.benefits:
        yield _paragraph(wording.benefits_none(view))
    titles = (wording.benefits_given, wording.benefits_agreed, wording.benefits_on_request)
    for group, *lists in view.benefits:
        yield _heading(3, wording.benefits_group(group))
        for title, rows in zip(titles, lists, strict=True):
            if rows:
                names = [
                    {
                        "name": each.name,
                        "state": str(wording.benefit_states(each)),
                        "line": " ".join(filter(None, (each.line, each.link))),
                    }
                    for each in rows
                ]
                yield {"kind": "names", "title": title, "names": names}


def _ended(view: LetterView, wording: Any) -> Iterator[Block]:
    if not view.ended_benefits:
        return
    yield _heading(3, wording.ended_title)
    yield _paragraph(wording.ended(view))
    yield {"kind": "items", "items": [each.name for _, given, *_ in view.ended_benefits for each in given]}


def _prepayment(view: LetterView, wording: Any) -> Iterator[Block]:
    if not view.prepayment:
        return
    yield _heading(2, wording.prepayment_title)
    yield _paragraph(wording.prepayment_intro)
    rows = [_row(wording.months(months), discount) for months, discount in view.prepayment]
    yield _table("<>", [_group(rows)], (wording.prepayment_term, wording.prepayment_discount))


def _manager(view: LetterView, wording: Any) -> Iterator[Block]:
    if view.manager:
        yield _heading(2, wording.manager_title)
        lines = [each for each in (view.manager, view.manager_email, view.manager_phone) if each]
        yield {"kind": "lines", "intro": wording.manager_intro, "lines": lines}
