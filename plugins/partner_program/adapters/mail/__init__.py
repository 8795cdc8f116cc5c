"""Handing letters to a mail server."""
