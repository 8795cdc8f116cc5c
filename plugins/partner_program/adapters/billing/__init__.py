"""Reads what a legal entity billed in a month (contract 1), from its own database, without ever changing it.

**Talks to** SQLite, PostgreSQL, MariaDB, MySQL and Spark, and reads Parquet, CSV and DuckDB files with `duckdb`,
through the connection `billing_<entity>`. The statements are files in `include/sql/<dialect>/`, one each.
**Called by** `usecases.month.run` (the pull), `usecases.month.closes` (`close check`), `usecases.doctor` and
`usecases.source_check`.

Start with `pull.pull_month`. It opens one read-only snapshot (`sqlite`, `postgres`, `mysql`, `duckdb` or `spark`,
behind the protocol in `snapshot`), has the database add up the sound lines in groups (`tally`), reads line by line only
the accounts with doubtful lines (`lines` says what is wrong with each), and compares with the entity's own close
(`closes`). A fault of the entity is never raised: it is the `fault` of the result, and the other entities go on. Nor
does one that never answers stop them: `adapters.deadline` ends the reading of an entity, whatever it waits for.

**To add a database dialect:** a folder `include/sql/<dialect>/` with the same file names as `sqlite/`; a module here
with one context manager that yields a `BillingSnapshot` and ends its statements at the deadline (copy the shape of
`sqlite`; put into `server` what servers share); one row in `pull._DIALECTS`; its driver in `requirements.in`.
Give it a fixture in `tests/adapters/billing/dialects.py`: `test_every_dialect.py` then asks for the same snapshots from
the same lines, and for the same words about some forty faults.

**To add a billing system that cannot have views:** a folder `include/sql/sources/<name>/` with one query for each
relation. No Python. `include/sql/sources/skeleton` is one to copy, and its README says how; `source_check` looks
through what it gives.

**To add a charge kind:** not here. One row in the table of `domain.revenue`.
"""
