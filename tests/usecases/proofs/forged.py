"""Changes proofs as somebody would who wants another result, with or without a key of their own."""

import json
import zipfile
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

from partner_program.adapters.proofs.archive import ArchiveWriter
from partner_program.adapters.proofs.keys import SigningKey
from partner_program.adapters.proofs.manifest import MANIFEST, PUBLIC_KEY, SIGNATURE

Edit = Callable[[bytes], bytes]


def members_of(proof: Path) -> dict[str, bytes]:
    """The files of a proof, in its order."""
    with zipfile.ZipFile(proof) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(to: Path, members: Mapping[str, bytes], *more: tuple[str, bytes]) -> Path:
    """A zip of these files, as a proof's writer makes it; `more` may have a name that is there already."""
    with to.open("wb") as file:
        archive = ArchiveWriter(file)
        for name, content in [*members.items(), *more]:
            archive.add(name, [content])
        archive.close()
    return to


def edited(proof: Path, to: Path, edits: Mapping[str, Edit], key: SigningKey | None = None) -> Path:
    """A copy with changed files; with a key, its manifest is made anew and signed with it."""
    members = members_of(proof)
    for name, edit in edits.items():
        changed = edit(members[name])
        assert changed != members[name], f"{name} was not changed"
        members[name] = changed
    if key is not None:
        sign_anew(members, key)
    return written(to, members)


def sign_anew(members: dict[str, bytes], key: SigningKey) -> None:
    """Make the manifest of changed files, and sign it."""
    members[PUBLIC_KEY] = key.public
    manifest = json.loads(members[MANIFEST]) | {"key": key.fingerprint}
    for row in manifest["members"]:
        content = members[row["name"]]
        row |= {"size": len(content), "sha256": sha256(content).hexdigest()}
    members[MANIFEST] = (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode()
    members[SIGNATURE] = key.sign(members[MANIFEST])


def swap(old: str, new: str) -> Edit:
    """An edit that puts one text in the place of the first other."""
    return lambda content: content.replace(old.encode(), new.encode(), 1)
