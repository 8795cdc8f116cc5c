"""Lays out letters in every language and form, the preview book and the months' page.

**Talks to** the templates and catalogues in `include/templates/letters/`: Jinja2 for HTML and text, Babel for numbers
and dates, gettext catalogues for words, Typst for PDF.
**Called by** `usecases.letters`, `usecases.digests` and `usecases.months_page`. Nothing is read from a database here:
the facts come in as values.

`templates.LetterTemplates` turns one set of facts into a subject, HTML and text; `view` formats each fact for the
reader's language (`locale_format`), and the templates only place it. `blocks` and `pdf` set the same sentences on
paper; `account_list` writes the list of accounts that goes with a letter too long to show them all. `digest` lays out
the weekly mail to a partner manager, from `include/templates/digests/`, in the look of the letters. `explanations`
tells a partner why it has its tier, and `status` what it may see of itself at any time, from
`include/templates/explanations/`, with the letters' own sentences where they have them. `book_view` and
`book_page` make the preview book, which a person reads before approving; `months_page` makes `out/index.html`.

**To add a language:** one catalogue, `include/templates/letters/v1/catalogues/<language>.po`: copy `en.po`, change the
line `Language`, translate. `catalogues` refuses one that lacks a message, or has it in English still, by the name of
file and message: when templates are loaded, and by `partner-program doctor`. No Python. A partner whose language has
no catalogue gets the whole letter in the `default_language` of `brand.yaml`. The explanations need a catalogue of the
same language in `include/templates/explanations/catalogues/`, checked alike.

**To add a kind of letter:** its name and its condition, both in `domain.letters`; its template in `kinds/`; its
messages in every catalogue; its facts in `tests/letters/made_facts.py`. A name without a condition
fails at start; what else is missing is refused by name when templates are loaded.

**To add a benefit:** its row in a dated programme file; its name and its line, by its key, in `benefits.j2`; their
messages in every catalogue. A benefit that a tier may have and that has no words is refused by its key: by
`partner-program doctor`, and before a month takes force. A line whose meaning a new programme file changes is changed
with it: letters state the line, never the file's description.

**To change a layout that was sent:** a new folder beside `v1`. A letter keeps the version it was rendered with.
"""
