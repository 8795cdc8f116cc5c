"""The pages, a module for each; the order of `PAGES` is that of the links in the row on top."""

from partner_program.page.routes import months, partner, partners, today

PAGES = (today, months, partners, partner)
