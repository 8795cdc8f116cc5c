"""The proof of a month: written for an auditor who has no access to the database, and looked through by anybody.

`write` makes the file out of the programme's database, `verify` looks through a file without one, `keys` makes and
names the keys that sign.
"""
