"""Everything that happens to a month's letters, from the facts to the last answer of a mail server.

**Talks to** the outbox in the programme's database, the templates, the mail server or files.
**Called by** `partner-program letters ...`, `certificate`, and by the steps of `tier_letters`; `rendering` also by
the month's DAGs.

In order: `rendering` writes each letter from committed facts; `book` shows them to the person who approves;
`approval` records the approval with the hash of what was seen; `claims` gives a letter to one sender at a time;
`sending` renders it again, compares, and hands it over as an `envelopes` message; `bounces` and `resolution` record
what came back and what a person decided; `reconciliation` adds everything up. `show` and `documents` answer questions
about one letter.

A letter is handed over at most once: which state may follow which is `domain.delivery`.
"""
