"""Adds discount rates to a legal entity's order database and reads them back (contract 2).

**Talks to** SQLite, PostgreSQL, MariaDB or MySQL, through the connection `orders_<entity>`, with its own rights. An
entity without that connection is not published to.
**Called by** `usecases.publication` and `usecases.drift`.

`database` appends and reads, in transactions that `connection` opens and ends at the deadline. `rows` reads any row,
also one that somebody wrote by hand with values that ours never have: such a row is drift and is reported by its
account; it never stops the program.

**To add a column:** it is a change of contract 2. Databases that lack the column must be refused by name, never
served without it.
"""
