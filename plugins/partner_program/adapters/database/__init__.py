"""The programme's own database."""
