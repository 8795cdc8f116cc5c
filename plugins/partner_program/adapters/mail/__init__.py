"""Hands a letter to a mail server, or to a file until sending is switched on, and says what is known of it afterwards.

**Talks to** an SMTP server, through the connection `letters_smtp`; to files below `out/` without it; to a folder or
mailbox of bounces.
**Called by** `usecases.letters`: `sending` (approved letters), `show` (the message as it would go), `bounces`.

From the outside in: `courier` is who takes a letter, a server or a folder. `client` hands over letter after letter on
one connection; `conversation` is that connection up to its first letter (greeting, TLS, login), `transaction` is one
letter's MAIL, RCPT and DATA, `wire` the bytes with their deadlines, `replies` what the server answers. `message`
makes the bytes of an e-mail and `envelope` refuses what may not be sent; `address` gives an address the form that the
post takes (what an address looks like at all is `domain.email_address`). `sending_settings` and `smtp_settings` read
the connection; `send_rate` keeps to the limits in it.

The rule of this package: before the final dot nothing was handed over; after it only the server's own word counts;
without a clear one the letter is `ambiguous` and is never sent again by itself.

**To add another way to hand letters over:** a class with the shape of `courier.Courier`, chosen by the connection's
type. Which states a letter may pass through is `domain.delivery`, and does not change.
"""
