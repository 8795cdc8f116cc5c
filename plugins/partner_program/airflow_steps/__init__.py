"""What the DAGs are made of: the steps of a month, and those of its letters."""
