"""The letters of a month."""
