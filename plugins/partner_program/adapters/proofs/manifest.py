"""The manifest of a proof: what the proof says of itself, and the sha256 of every other file in it. It is signed."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from partner_program.adapters.proofs.archive import Archive, Member, Unreadable
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.proof import FORMAT, MonthBefore, ProofHead
from partner_program.domain.refusals import Refusal

MANIFEST, SIGNATURE, PUBLIC_KEY = "manifest.json", "manifest.sig", "public_key.pem"
WHAT = "partner-program: proof of a month"
LARGEST = 20_000_000  # bytes


def manifest_json(head: ProofHead, members: Sequence[Member]) -> bytes:
    """Return the manifest; equal proofs have equal manifests."""
    before = head.before
    written = {
        "what": WHAT,
        "format": FORMAT,
        "billing_month": str(head.billing_month),
        "status": head.status,
        "revision": head.revision,
        "effective_on": None if head.effective_on is None else head.effective_on.isoformat(),
        "installation": head.installation,
        "key": head.fingerprint,
        "before": None if before is None else {"billing_month": str(before.billing_month), "sha256": before.sha256},
        "because": head.because,
        "members": [member._asdict() for member in members],
    }
    return (json.dumps(written, ensure_ascii=False, indent=1) + "\n").encode()


def read_manifest(content: bytes) -> tuple[ProofHead, list[Member]]:
    """Read a manifest; raises `Unreadable`."""
    try:
        read: Any = json.loads(content)
        if read["what"] != WHAT:
            raise ValueError
        found = read["format"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unreadable(f"{MANIFEST}: is not that of a month's proof") from None
    if found != FORMAT:
        raise Unreadable(f"{MANIFEST}: format {str(found)[:20]}, this version reads {FORMAT}: use the version of then")
    try:
        before = read["before"]
        members = [Member(_text(each["name"]), _whole(each["size"]), _text(each["sha256"])) for each in read["members"]]
        head = ProofHead(
            billing_month=BillingMonth.parse(_text(read["billing_month"])),
            status="history" if read["status"] == "history" else "in_force",
            revision=_whole(read["revision"]),
            effective_on=None if read["effective_on"] is None else date.fromisoformat(_text(read["effective_on"])),
            installation=_text(read["installation"]),
            fingerprint=_text(read["key"]),
            before=None
            if before is None
            else MonthBefore(BillingMonth.parse(_text(before["billing_month"])), _text(before["sha256"])),
            because=_text(read["because"]),
        )
    except (ValueError, KeyError, TypeError, Refusal):
        raise Unreadable(f"{MANIFEST}: something is missing in it, or is not what it should be") from None
    return head, members


def manifest_of(archive: Archive) -> bytes:
    """Return the manifest of a proof as it stands; raises `Unreadable` for a zip that is none, or costs too much."""
    archive.check_shape()
    if MANIFEST not in archive.names:
        raise Unreadable(f"{archive.path.name}: has no {MANIFEST}: it is no proof of a month, or was cut off")
    return archive.read(MANIFEST, LARGEST)


def read_proof_head(path: Path) -> ProofHead:
    """Return what a proof's file says of itself; raises `Unreadable`."""
    with Archive(path) as archive:
        return read_manifest(manifest_of(archive))[0]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError
    return value
