"""Keys that sign proofs: make one, say which one signs here, who stands behind a pseudonym."""

from dataclasses import dataclass
from pathlib import Path

from partner_program.adapters.proofs import keys as key_store
from partner_program.usecases.installation import Installation


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public part of a key, as PEM, with its fingerprint: what an auditor gets by another way than the proof."""

    pem: str
    fingerprint: str


def new_key(path: Path) -> PublicKey:
    """Make a key in a new file that its owner alone may read; refused where a file is there."""
    key = key_store.new_key(path)
    return PublicKey(key.public.decode(), key.fingerprint)


def own_key(installation: Installation) -> PublicKey:
    """The key that signs here; refused where none is set."""
    key = key_store.signing_key(installation.connections)
    return PublicKey(key.public.decode(), key.fingerprint)


def pseudonym(installation: Installation, name: str) -> str:
    """What stands for a person in the proofs that this installation's key signs."""
    return key_store.signing_key(installation.connections).pseudonym(name)
