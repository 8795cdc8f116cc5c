"""Reads one version of the letters with the brand among its files, as an installation does."""

from pathlib import Path

from partner_program.adapters.layered_folder import LayeredFolder
from partner_program.adapters.letters.templates import LetterTemplates
from partner_program.usecases.letters import rendering


def read_templates(folder: Path) -> LetterTemplates:
    """The templates in a folder."""
    return rendering.read_templates(LayeredFolder((folder,)), folder / "brand.yaml")
