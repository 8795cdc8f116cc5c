"""The tasks of the DAGs: the steps of a month, and those of its letters."""
