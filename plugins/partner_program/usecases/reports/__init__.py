"""Questions about months that were settled, each answered by a report (`domain.report`).

**Talks to** the programme's database; a question about lines also to the entities' billing databases.
**Called by** the commands of the same names, and the pages and the API inside Airflow.

Each module gathers what one question needs, asks the domain, and returns the report; nothing here writes a tier, a
rate or a letter. `questions` lists them.

**To add a question:** its rule in `domain/`, as a pure function and records with their columns; a module here whose
function returns the `Report`; its row in `questions.QUESTIONS`, from which pages and API take it; its command in
`cli/report_commands.py`. `tests/usecases/reports/test_questions.py` asks all of them.
"""
