"""Reads what people write: the registry's CSV files (contract 3), the dated programme files, an application.

**Talks to** files. A file is read whole before any of it is used, and every fault is reported at once, as
`file:line: column: what is wrong, what is expected`.
**Called by** `usecases.registry` (`load`), `usecases.installation` (the programme in force), `usecases.simulation` (a
draft programme) and the application check.

Two formats, each with a strict reader: `csv_records` and `csv_sheet` for CSV, `strict_yaml` and `yaml_sections` for
YAML. `values` reads one cell or one YAML value: a day, a whole number, an e-mail address. `faults` collects what is
wrong. `registry_forms` and `registry` say what the registry's files look like and how their rows must fit together
(`sheet_checks`), and `exchange_rates` adds rows to one of them; `program` and `program_tables` do the same for the
programme's files.

**To add a registry file or column:** a form in `registry_forms`, its value in `domain.registry`, its table in
`adapters.database`, its line in docs/contract.md (a test compares).

**To add a key to the programme file:** `program` or `program_tables`, its value in `domain.program`, its line in the
dated file with the words it comes from, its reading in docs/programme.md. Past files are never edited, so that a new
key is optional, and its absence means what it meant before.
"""
