"""Everything that happens to a month's letters, from the committed facts to what a mail server answered.

**Talks to** the outbox in the programme's database, the templates, the mail server or files.
**Called by** `partner-program letters ...`, `certificate`, and by the steps of `tier_letters`; `rendering` also by
the month's DAGs.

In order: `rendering` writes each letter from committed facts, unless `unchanged` says that nothing is new; `book`
shows them to the person who approves;
`approval` records the approval with the hash of what was seen, and `binding` the place that it was given in, so that a
copy of the installation sends nothing; `claims` gives a letter to one sender at a time;
`sending` renders it again, compares it with its approval, and hands it over as a message from `envelopes`, by way of
`usecases.handover`, which digests share; `bounces`
and `resolution` record what came back and what a person decided; `reconciliation` counts everything. `show` and
`documents` show or write one letter.

A letter is handed over at most once: which state may follow which is `domain.delivery`.
"""
