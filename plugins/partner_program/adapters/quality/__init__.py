"""Checks of a month's data, and the report of them."""
