"""Checks a month's frozen data, and writes the report that finance reads.

**Talks to** Great Expectations and pandas, which take seconds to import: only `expectations` imports them, and only
when a month is checked. Writes HTML and Markdown below `out/quality/`.
**Called by** `usecases.month.quality`.

`suite` is the list of value checks; `expectations` runs them over an entity's groups and returns findings, never an
exception. `figures` compares control totals with the lines read; `view` puts it in words; `report` writes the pages;
`offline_pages` removes from Great Expectations' own pages everything that they would load from the network.

**To add a check of values:** one row in `suite`. A check that decides about a row, an entity or the brake is a rule: it
belongs in `domain.completeness` or `domain.totals`, so that a month is right without Great Expectations too.
"""
