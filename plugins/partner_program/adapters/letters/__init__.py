"""How a letter looks, in every language and form; how the approval book and the months' page look.

**Talks to** the templates and catalogues in `include/templates/letters/`: Jinja2 for HTML and text, Babel for numbers
and dates, gettext catalogues for words, Typst for PDF.
**Called by** `usecases.letters` and `usecases.months_page`. Nothing is read from a database here: the facts come in
as values.

`templates.LetterTemplates` turns one set of facts into a subject, HTML and text; `view` writes each fact as the
reader's language writes it (`locale_format`), and the templates only place it. `blocks` and `pdf` set the same
sentences on paper. `book_view` and `book_page` make the book that a person approves; `months_page` makes
`out/index.html`.

**To add a language:** one catalogue, `include/templates/letters/v1/catalogues/<language>.po`. It must have every
message of `en.po`; one that lacks a message is refused by name, at start and by `partner-program doctor`. No Python.

**To add a kind of letter:** one row in the list of `domain.letters`, its template in `kinds/`, its messages in every
catalogue. What is missing is refused by name when templates are loaded.

**To change a layout that was sent:** a new folder beside `v1`. A letter keeps the version it was rendered with.
"""
