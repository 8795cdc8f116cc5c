"""Hands a letter to a mail server, or to a file until sending is switched on, and reports what became of it.

**Talks to** an SMTP server, through the connection `letters_smtp`; to files below `out/` without it; to a folder or
mailbox of bounces.
**Called by** `usecases.handover` for letters and digests; `usecases.letters`: `show` (the message as it would go) and
`bounces`; `usecases.digests`.

From the outside in: a `courier` takes letters, to a mail server or to a folder. `client` hands over one letter after
another on one connection; `conversation` opens that connection (greeting, TLS, login), `transaction` sends one
letter's MAIL, RCPT and DATA, `wire` moves bytes by a deadline, `replies` reads what the server answers. `message`
makes the bytes of an e-mail and `envelope` refuses what may not be sent; `mail_address`, beside this package, gives an
address the form that mail servers take, and the registry asks it too. `sending_settings` and `smtp_settings` read the
connection, whose keys stand in `connection_keys`; `send_rate` keeps to the limits in it. `bounces` reads what came
back: `mail_files` from files, `mime_parts` takes each message apart, `delivery_status` finds what it says of each
recipient.

The rule of this package: before the final dot nothing was handed over; after it only the server's own answer counts;
without a clear answer the letter is `ambiguous` and is never sent again by itself.

**To add another way to hand letters over:** a class with the shape of `courier.Courier`, chosen by the connection's
type. Which states a letter may pass through is `domain.delivery`, and does not change.
"""
