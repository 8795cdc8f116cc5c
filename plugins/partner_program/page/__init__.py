"""The pages and the API inside Airflow: what waits, months, partners, and the acts of people.

**Talks to** a browser or a program, through Airflow's api-server, which mounts `app` below `/partner-programme/`; to
Airflow for who somebody is (`rights`) and for its connections (`installed`); to the use cases for everything else.
**Called by** `plugins/partner_program_page.py`, at the first request.

A request: Airflow says who it is, `rights` what this person may, `security` that no other site sent it; a route of
`routes/` or `api/` calls one use case; `view` makes a page of the answer with a template of `templates/`. A refusal
becomes a page, or problem details for a program, in `faults`. There is no SQL and no rule here. The api-server also
serves the tasks of all DAGs: nothing long runs in it, and routes that read are plain `def`, which run in threads.

**To add a page:** a module in `routes/` with a `router`, whose functions call one use case and end in
`return view.page("name.html", ...)`; its template, which begins with `{% extends "base.html" %}`; its module in
`PAGES` of `routes/__init__.py`, with `ENTRY` if it stands in the row of links. Links are made by `links` alone, numbers
and days by the filters of `words`. No style and no script stands in a template: the pages' rules for browsers refuse
both.
**To add an act:** a class of `forms.Act`: its last look calls the use case only to try, its act calls it; what is
refused stands at the form, with what was typed. `routes_of` makes its routes, for those who may act, or with `decides`
for those who may decide. What takes longer than a page may, or changes the registry's files, is an
`errand_forms.Errand`: a process apart does it. The run book's table of acts names it, and a test compares. Any other
form is sent to a route with `Depends(rights.may_act)` or `rights.may_decide`, which ends in `view.then(...)`: a browser
that is reloaded asks again and acts once.
**To add an endpoint:** likewise in `api/`; it returns what `--format json` prints.

`tests/page` walks all routes: nothing is answered to somebody who is not signed in, nobody who may only look changes
anything, and hostile names stay text.
"""
