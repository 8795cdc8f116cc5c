"""JSON for programs, below `/partner-programme/api/v1/`: the same objects as the command line's `--format json`.

**Talks to** a program with a token of Airflow's, or a page's own script with its cookie.
**Called by** `app`, which guards it like the pages.

Lists come a part at a time: `limit` at most, and `next_after` to ask for the rest with `after`; null at the end. Each
answer has an ETag: asked again with `If-None-Match`, one that is the same is 304 and empty. What is refused is problem
details (RFC 9457). docs/contract.md names what stays.

**To add an endpoint:** a function in one of the modules that calls one use case and ends in `answer(request, text)`.
"""

from partner_program.page.api import lists, months, openapi, partners

ENDPOINTS = (months, partners, lists, openapi)
