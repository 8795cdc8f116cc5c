"""Sets an installation up: creates its database, or brings it up to date."""

from partner_program.usecases.installation import Installation


def init_database(installation: Installation) -> str:
    """Create the programme's database, or bring it up to date; return what was done. Safe to repeat."""
    return installation.database.upgrade()
