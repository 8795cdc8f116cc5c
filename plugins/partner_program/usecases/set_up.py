"""Setting an installation up: the schema of its own database."""

from partner_program.usecases.installation import Installation


def init_database(installation: Installation) -> str:
    """Create the programme's database, or bring it up to date; say what was done. Safe to repeat."""
    return installation.database.upgrade()
