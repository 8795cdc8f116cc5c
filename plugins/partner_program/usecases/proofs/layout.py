"""Where things stand in a proof's zip, for the two that write and read it (docs/contract.md 9)."""

from collections.abc import Mapping

from partner_program.domain.revenue import DoubtfulLine, FaultyLine, MrrGroup, PeriodClose, ShortLine

# The parts of a frozen snapshot that are rows, by their names in `EntityRevenue`; its hash covers all of them.
SNAPSHOT_ROWS: Mapping[str, type[tuple[object, ...]]] = {
    "groups": MrrGroup,
    "faulty_lines": FaultyLine,
    "short_lines": ShortLine,
    "doubtful_lines": DoubtfulLine,
    "closes": PeriodClose,
}
SETTLEMENTS = "settlements.jsonl"
RESTATEMENTS = "restatements.jsonl"
RESTATED = "restated_partners.jsonl"
ACTS = "acts.jsonl"
SIGNATURES = "signatures.jsonl"


def register_member(revision: int) -> str:
    """The register of a revision, in the form of `register --format json`."""
    return f"registers/{revision}.json"


def program_member(digest: str) -> str:
    """A programme file, by the hash of what decides in it, as settlements name it."""
    return f"programmes/{digest}.yaml"


def input_member(settlement: int, table: str) -> str:
    """A table of what a settlement was decided from; settlements are counted from 1 in the month."""
    return f"settlements/{settlement}/inputs/{table}.jsonl"


def settlement_member(settlement: int, table: str) -> str:
    """A table of what a settlement decided."""
    return f"settlements/{settlement}/{table}.jsonl"


def snapshot_member(snapshot: int, table: str) -> str:
    """A table of what an entity billed, as frozen; snapshots are counted from 1 in the proof."""
    return f"snapshots/{snapshot}/{table}.jsonl"
