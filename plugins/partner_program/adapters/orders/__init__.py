"""The order database of a legal entity."""
