"""Connects the programme to the outside: databases, files, mail servers, libraries; one package for each.

    billing     reads what a legal entity billed            (its own database, read-only)
    database    keeps what was decided, and what is owed    (the programme's database)
    orders      writes rates to an order database, and reads them back
    files       reads what people write: the registry, the programme, an application
    letters     lays out letters, the preview book and the months' page
    mail        hands a letter to a mail server or to a file
    quality     checks a month's data and reports what was found
    reports     writes registers and simulations for finance

`billing`, `mail`, `letters`, `quality` and `orders` never import one another: the use cases bring them together,
and `make check` checks it. Beside them are the few modules that several packages need: connections by name, column
types, database errors in plain words, names made safe for one line, atomic writes, the name of this process, processes
that work for this one or apart from it.
"""
