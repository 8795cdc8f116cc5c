"""The weekly digest to each partner manager, from what was found to what a mail server answered.

**Talks to** the outbox of digests in the programme's database, the entities' billing databases (for contracts that
end), the templates, the mail server or files.
**Called by** `partner-program reminders send|list|resolve`, and by the steps of `programme_reminders`.

`collecting` looks once for each manager and week, and writes down what there is to tell; `sending` hands it over by the
same `handover` as letters; `resolution` records what a person decided; `listing` shows and counts.

No person approves a digest: it goes to the own staff. It is handed over at most once: which state may follow which is
`domain.digests`.
"""
