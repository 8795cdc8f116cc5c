import re

from partner_program.adapters.quality.offline_pages import offline_sections, page_name

PAGE = """<html><head><link href="https://cdn.example/a.css"><script src="https://cdn.example/a.js">evil()</script></head>
<body><nav>Home</nav><div class="ge-section x"><div id="s-1-subheader">Data asset: None</div>
<h5 class="m-0" onclick="evil()"> account_id </h5>
<table data-toggle="table"><thead hidden><tr><th style="x">A</th></tr></thead><tr><td>
<i class="fas fa-times text-danger"></i> &lt;b&gt;<img src="https://cdn.example/a.png"><br/>
<span class="badge badge-secondary">EUR</span><a href="https://x.example">link</a>
<div class="collapse m-2"><code>Traceback</code></div></td></tr></table><ul><li>one</ul></div>
<div class="ge-section"><h5> Run Info </h5>now</div></body></html>"""


def test_only_the_sections_survive_with_their_words_and_tables() -> None:
    kept = offline_sections(PAGE)
    assert kept == (
        "<section> <h5> account_id </h5> <table><thead hidden><tr><th>A</th></tr></thead><tr><td> "
        '<span class="failed">\N{BALLOT X} failed</span> &lt;b&gt;<br> <span class="badge">EUR</span> '
        "</td></tr></table>one</section>"
    )


def test_what_a_browser_could_fetch_or_run_is_gone() -> None:
    kept = offline_sections(PAGE)
    assert re.search(r"https?:|script|onclick|href|src|style|Traceback|None", kept) is None


def test_elements_left_open_are_closed_and_stray_ends_ignored() -> None:
    kept = offline_sections("</p><div class=ge-section><table><tr><td>x</table></b></div>")
    assert kept == "<section><table><tr><td>x</td></tr></table></section>"


def test_a_page_without_sections_gives_nothing() -> None:
    assert offline_sections("<p>no section</p>") == ""


def test_the_name_of_a_page_stays_in_its_folder_whatever_the_entitys_code_is() -> None:
    assert page_name("../../etc") == "..%2F..%2Fetc.html"
    assert page_name("NL") == "NL.html"
