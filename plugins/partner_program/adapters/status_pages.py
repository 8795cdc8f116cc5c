"""A folder of status pages: which files are there, and that only files which were made here are ever removed.

`index.json` says which partner has which file, for whoever serves the pages; it is private, and stands beside the
folder `pages`, never in it. It lists every file that was made: a name is written there before its file, so that a run
that was killed leaves none that the next one would not find.
"""

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from partner_program.adapters.atomic_write import make_folder, sweep_drafts, write_if_changed
from partner_program.domain.refusals import Refusal, Unavailable

INDEX = "index.json"
PAGES = "pages"
ENDINGS = (".html", ".json")
_NAME = re.compile(r"[0-9a-f]{40}\.(html|json)", re.ASCII)


def page_name(key: str, partner_id: str) -> str:
    """The name of a partner's files without an ending: nobody can guess it without the key."""
    return hmac.new(key.encode(), f"status page\0{partner_id}".encode(), sha256).hexdigest()[:40]


@dataclass
class StatusFolder:
    """A folder that is being exported to; `made` are the files that it may remove, `names` those of partners."""

    folder: Path
    names: dict[str, str] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, folder: Path) -> "StatusFolder":
        """Read what earlier exports made; raises `Refusal` where the index is not one."""
        path = folder / INDEX
        if not path.exists():
            return cls(folder)
        try:
            index = json.loads(path.read_text("utf-8"))
            names, made = index["partners"], set(index["made"])
            sound = isinstance(names, dict) and all(isinstance(each, str) and _NAME.fullmatch(each) for each in made)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Refusal(f"{path} is no index of status pages: move it away, and what it made with it") from error
        if not sound:
            raise Refusal(f"{path} names files that no export makes: move it away, and what it made with it")
        return cls(folder, names, made)

    def begin(self, names: Mapping[str, str]) -> int:
        """Remove the files of everybody who is not in `names` now; return how many partners these were."""
        make_folder(self.folder / PAGES)
        sweep_drafts(self.folder / PAGES)
        wanted = {name + ending for name in names.values() for ending in ENDINGS}
        gone = self.made - wanted
        self.names = {partner_id: name for partner_id, name in self.names.items() if names.get(partner_id) == name}
        self.made |= wanted
        self.write_index()
        for name in sorted(gone):
            try:
                (self.folder / PAGES / name).unlink(missing_ok=True)
            except OSError as error:
                raise Unavailable(f"removing {self.folder / PAGES / name} failed: {error.strerror}") from error
        self.made = wanted
        return len({name.partition(".")[0] for name in gone})

    def write(self, partner_id: str, name: str, *, html: str, data: str) -> bool:
        """Write a partner's page and its data, each in one step; return whether either is new."""
        changed = [
            write_if_changed(self.folder / PAGES / f"{name}{ending}", body)
            for ending, body in zip(ENDINGS, (html, data), strict=True)
        ]
        self.names[partner_id] = name
        return any(changed)

    def write_index(self, **about: str) -> None:
        """Write down which files there are."""
        body = {**about, "partners": dict(sorted(self.names.items())), "made": sorted(self.made)}
        write_if_changed(self.folder / INDEX, json.dumps(body, ensure_ascii=False, indent=1) + "\n")
