"""Says how a register or a table of a proof differs from what was decided again, partner by partner, field by field."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from partner_program.adapters.proofs.archive import Unreadable
from partner_program.domain.money import euros_text

_NOT_DECIDED_AGAIN = ("rate_decided_by",)  # which later month has the rate follows from later months alone
_SHOWN = 120


class Differs(NamedTuple):
    """What differs, about whom if about one partner."""

    partner_id: str | None
    what: str


def register_differences(expected: Mapping[str, object], found: bytes) -> list[Differs]:
    """Return how a register in JSON differs from the one decided again; raises `Unreadable` for what is no register."""
    try:
        read: Any = json.loads(found)
        theirs = {str(row["partner_id"]): row for row in read["partners"]}
        repeated = len(theirs) != len(read["partners"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Unreadable("is no register in JSON") from None
    ours = dict(expected)
    rows: Any = ours.pop("partners")
    mine = {row["partner_id"]: row for row in rows}
    differs = [Differs(None, "names a partner twice")] if repeated else []
    if list(theirs) != sorted(theirs):
        differs.append(Differs(None, "partners are not in the order of their ids"))
    differs += [Differs(None, what) for what in _fields(ours, {**read, "partners": None}, left_out=("partners",))]
    for partner_id in sorted(mine.keys() | theirs.keys()):
        if partner_id not in theirs:
            differs.append(Differs(partner_id, f"is missing, decided again it is {mine[partner_id]['status']}"))
        elif partner_id not in mine:
            differs.append(Differs(partner_id, "is here, and decided again it is not"))
        else:
            own = _fields(mine[partner_id], theirs[partner_id], left_out=_NOT_DECIDED_AGAIN)
            differs += [Differs(partner_id, what) for what in own]
    return differs


def _fields(expected: Mapping[str, Any], found: Any, *, left_out: Sequence[str]) -> Iterator[str]:
    if not isinstance(found, dict):
        yield "is no object"
        return
    for name in [*expected, *(name for name in found if name not in expected)]:
        if name not in left_out:
            yield from _values(name, expected.get(name), found.get(name))


def _values(name: str, expected: Any, found: Any) -> Iterator[str]:
    """Yield how one value differs; of lists the entries that differ."""
    if type(expected) is type(found) and expected == found:
        return
    if isinstance(expected, list) and isinstance(found, list):
        missing = [each for each in expected if each not in found]
        strange = [each for each in found if each not in expected]
        if not missing and not strange:
            yield f"{name} are in another order, or repeated"
        for mine, theirs in _paired(missing, strange):
            if isinstance(mine, dict) and isinstance(theirs, dict):
                key = " ".join(str(mine[part]) for part in _KEYS if part in mine)
                for what in _fields(mine, theirs, left_out=()):
                    yield f"{name} {key}: {what}"
            else:
                yield f"{name}: {_shown('', theirs)}, decided again {_shown('', mine)}"
        return
    yield f"{name} is {_shown(name, found)}, decided again {_shown(name, expected)}"


_KEYS = ("entity", "account_id", "currency", "bucket", "grant_id", "partner_id")


def _paired(missing: list[Any], strange: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Pair entries of the same key; what has no pair stands with None."""
    left = list(strange)
    for mine in missing:
        pair = next((each for each in left if _key(each) == _key(mine)), None)
        if pair is not None:
            left.remove(pair)
        yield mine, pair
    for theirs in left:
        yield None, theirs


def _key(entry: Any) -> Any:
    return [entry.get(part) for part in _KEYS] if isinstance(entry, dict) else None


def _shown(name: str, value: Any) -> str:
    if type(value) is int and name.endswith("_cents"):
        return f"{euros_text(value)} EUR"
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def rows_differ(expected: Iterable[tuple[Any, ...]], found: Iterable[tuple[Any, ...]], keys: int) -> list[Differs]:
    """Return how rows of a NamedTuple differ from those decided again; the first `keys` fields tell them apart."""
    mine, theirs = {row[:keys]: row for row in expected}, dict[Any, tuple[Any, ...]]()
    differs = []
    for row in found:
        if row[:keys] in theirs:
            differs.append(Differs(_partner(row), f"{_named(row, keys)} is there twice"))
        theirs[row[:keys]] = row
    for key in sorted(mine.keys() | theirs.keys(), key=str):
        ours, other = mine.get(key), theirs.get(key)
        if other is None and ours is not None:
            differs.append(Differs(_partner(ours), f"{_named(ours, keys)} is missing"))
        elif ours is None and other is not None:
            differs.append(Differs(_partner(other), f"{_named(other, keys)} is here, and decided again it is not"))
        elif ours is not None and other is not None and ours != other:
            names: tuple[str, ...] = ours._fields  # type: ignore[attr-defined]
            for name, value, again in zip(names, other, ours, strict=True):
                if value != again:
                    what = f"{name} is {_shown(name, value)}, decided again {_shown(name, again)}"
                    differs.append(Differs(_partner(ours), f"{_named(ours, keys)}: {what}"))
    return differs


def _partner(row: Any) -> str | None:
    return row.partner_id if "partner_id" in row._fields else None


def _named(row: Any, keys: int) -> str:
    own = [str(value) for name, value in zip(row._fields[:keys], row, strict=False) if name != "partner_id"]
    return f"row {' '.join(own)}".strip() if own else "its row"
