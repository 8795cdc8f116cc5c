"""Settling a month."""
