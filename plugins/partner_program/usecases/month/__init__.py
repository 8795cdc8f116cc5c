"""Settles a month, from what each entity billed to what is in force.

**Talks to** the billing databases, the programme's database, the quality checks.
**Called by** `partner-program run`, `restatement`, `close`, and by the steps of `monthly_tier_assignment` and
`migration_2015`.

`run.MonthRun` has the stages in order; each is a task of the DAGs, and each can be repeated. `inputs` gathers all
that the decisions depend on, with its hash; `stages` and `decisions` call the domain's rules and keep drafts; `commit`
compares with what is in force and writes the month in one transaction (`taking_force`), or proposes a restatement,
which `restatement` shows, accepts or rejects. `lease` lets one run at a time write a month; `closes` and `quality`
check entities; `first_month` keeps the schedule from starting the programme's first month.

Nothing is in force before `commit`. Equal inputs write nothing.

**To add a stage:** a method of `MonthRun`, a draft in `stages`, a task in the DAGs' step list. A rule belongs in the
domain.
"""
