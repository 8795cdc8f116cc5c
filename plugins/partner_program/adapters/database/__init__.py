"""The programme's own database: what was frozen, decided, published and written to partners.

**Talks to** SQLite or PostgreSQL, through the connection `partner_program`.
**Called by** the use cases only; each passes in the connection of its own transaction.

`database` opens it: `ProgramDatabase.read` is one snapshot, `ProgramDatabase.write` one transaction. `schema` has
every table; the migrations create them. The other modules have one group of tables each, in the order of a month:
`snapshots`, `drafts`, `settlements`, `rates`, `publication`, `letters`, `deliveries`; `history`, `results`,
`register` and `receipts` read them back. Rows in force are append-only: triggers refuse to change them, and `append`
makes writing them twice harmless. Rows stay in this package; every function returns typed values.

**To add a column or a table:** `schema`, a migration with the next number, `SCHEMA_VERSION` in `database`, then the
module that reads and writes it. CONTRIBUTING.md has the steps. `tests/adapters/database` runs on both databases and
compares the migrated tables with `schema`.
"""
