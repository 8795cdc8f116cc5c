"""The pages, a module for each; the order of `PAGES` is that of the links in the row on top."""

from partner_program.page.routes import (
    acts,
    benefits,
    disputes,
    letter_acts,
    letters,
    month_acts,
    months,
    partner,
    partners,
    program,
    quotes,
    receipts,
    reports,
    today,
    what_if,
)

PAGES = (
    today,
    months,
    month_acts,
    reports,
    letters,
    letter_acts,
    partners,
    receipts,
    benefits,
    program,
    disputes,
    what_if,
    acts,
    quotes,
    partner,
)
