"""Registers and simulations as files."""
