"""Writes registers, simulations and reports for finance: JSON, CSV and XLSX.

**Talks to** nothing: it returns text or bytes. The caller decides where they go.
**Called by** the use cases of the commands of these names, and of the pages inside Airflow.

In JSON and CSV money stays in whole cents and discounts in basis points; the workbook has amounts and per cent, and its
totals are formulas (`workbook`). A text that a spreadsheet would run as a formula gets an apostrophe in front of it in
CSV, and stays a text in the workbook.

**To add a column to the register:** not here. A field of `RegisterPartner` in `domain.register`, and its value in
`adapters.database.register`; every form of the register takes its columns from that field.
"""
