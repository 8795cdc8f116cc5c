"""Writing files so that a reader never sees half of one."""

import tempfile
from pathlib import Path


def write_if_changed(path: Path, text: str) -> bool:
    """Put a text in place at once, for the owner alone; a file that has it already is left as it is."""
    body = text.encode()
    if path.exists() and path.read_bytes() == body:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name[:40]}-", delete=False) as draft:
        draft.write(body)
    Path(draft.name).replace(path)
    return True
