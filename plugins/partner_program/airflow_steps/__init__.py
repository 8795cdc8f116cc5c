"""The tasks of the DAGs: the steps of a month, those of its letters, and those of the weekly digests."""
