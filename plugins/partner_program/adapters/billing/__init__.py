"""Reading a legal entity's billing database."""
