"""Writes a register or a simulation for finance: JSON, CSV and XLSX.

**Talks to** nothing: it returns text or bytes. The caller decides where they go.
**Called by** the use cases of the commands `register` and `simulate`, and of the months' page.

Money stays in whole cents and discounts in basis points, so that a spreadsheet can add them up. A text that a
spreadsheet would run as a formula gets an apostrophe in front.

**To add a column to the register:** not here. A field of `RegisterPartner` in `domain.register`, and its value in
`adapters.database.register`; every form of the register takes its columns from that field.
"""
