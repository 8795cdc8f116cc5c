"""The pages show the programme and the letters of a company's own folder."""

from pathlib import Path
from typing import Any

from tests.own_folder import OwnWorld, own_brand, own_program
from tests.page.asking import Asking, mounted
from tests.usecases.three_partners import GO_LIVE, JUNE


def test_the_pages_show_the_companys_own_programme_and_letters(tmp_path: Path, shown: Any, desk: Any) -> None:
    own = OwnWorld(tmp_path, brand=own_brand(), programs={"2015-07-27": own_program()})
    own.partner("P1", {"NL": "A1"})
    own.bill("A1", JUNE, 2_500_00)
    own.ready(JUNE)
    own.run(JUNE, on=GO_LIVE, migration=True)
    shown(own)
    ask = Asking(mounted(desk))

    pages = {path: ask(path, "op") for path in ("", "programme", f"letters/{JUNE}", f"letters/{JUNE}/letter/P1")}

    assert {path: page.status_code for path, page in pages.items()} == dict.fromkeys(pages, 200)
    assert own.installation.programs[0].file_hash in pages["programme"].text
    told = "".join(page.text for page in pages.values())
    assert [word for word in ("LeaseWeb", "leaseweb", "Authorized Reseller") if word in told] == []
