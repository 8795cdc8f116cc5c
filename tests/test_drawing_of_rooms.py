"""The drawing of packages in CONTRIBUTING.md: each arrow is an import, and each import between packages an arrow."""

import re
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
DRAWING = re.search(r"(?ms)^```mermaid\n(.*?)^```$", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
BESIDE = "single modules"


def test_each_arrow_is_an_import_and_each_import_is_an_arrow():
    assert arrows() == imports()


def arrows() -> set[tuple[str, str]]:
    """The arrows of the drawing; `a & b --> c & d` is four arrows."""
    assert DRAWING is not None
    lines = re.findall(r"(?m)^ *([\w& ]+?) --> ([\w& ]+)$", DRAWING[1])
    labels = dict(re.findall(r"(?m)^ *(\w+)\[\"?([^\]\"]+)\"?\]$", DRAWING[1]))
    return {
        (labels.get(above, above), labels.get(below, below))
        for left, right in lines
        for above in left.split(" & ")
        for below in right.split(" & ")
    }


def imports() -> set[tuple[str, str]]:
    """The imports of the code; the domain, which every package may import, and migrations are not drawn."""
    graph = grimp.build_graph("partner_program", cache_dir=None)
    packages = {module.rpartition(".")[0] for module in graph.modules}

    def place(module: str) -> str:
        room, _, rest = module.removeprefix("partner_program.").partition(".")
        package = f"{room}/{rest.partition('.')[0]}"
        if room not in ("adapters", "usecases"):
            return room
        return package if f"partner_program.{package.replace('/', '.')}" in packages else f"{room}, {BESIDE}"

    found = {
        (place(module), place(imported))
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
    }
    undrawn = {"domain", "migrations", "partner_program"}
    return {(above, below) for above, below in found if above != below and not undrawn & {above, below}}
