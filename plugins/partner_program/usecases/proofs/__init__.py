"""The proof of a month: written for an auditor who has no access to the database, and looked through by anybody.

`write` makes the file out of the programme's database, `kept` has it written by a process apart and serves it to the
pages, `verify` looks through a file without a database, `keys` makes and names the keys that sign.
"""
