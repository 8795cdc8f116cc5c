"""What people look at before they act: what waits, a month in figures, the list of partners, one partner whole.

**Talks to** the programme's database, and to its dated files: nothing here asks an entity or a mail server.
**Called by** the pages and the API inside Airflow.

`today` gathers what waits for somebody; `month` has a month's figures, which add up; `partners` is the list, searched,
filtered and read page by page; `partner` is one partner; `benefits` are requests and grants; `disputes` and `quote`
have what their forms offer; `program` is the programme of a day. Each reads one snapshot of the database, and what is
about one partner reads this partner's rows alone: an answer costs the same in a programme of any size. `what_if` tries
another programme on settled months, in a process apart; so does `errands` with acts that take long, which
`errand_acts` and `restatements` have. `apart` is what these have in common.
"""
