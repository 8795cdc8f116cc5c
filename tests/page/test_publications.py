"""Publishing again on a page what is owed to an order database."""

import sqlite3
from contextlib import closing

from tests.page.asking import PREFIX, Asking
from tests.page.errands import done
from tests.page.test_pages import words_of
from tests.worlds import World


def there(world: World) -> int:
    with closing(sqlite3.connect(world.folder / "orders_nl.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM program_discount_rate").fetchone()[0])


def test_what_is_owed_is_published_and_read_back(ask: Asking, with_registry: World) -> None:
    assert f'href="{PREFIX}/publication/publish/NL"' in ask(role="op").text
    assert "Publish the rates of" in words_of(ask("", "op").text)
    assert f'href="{PREFIX}/publication/publish/NL"' in ask("publication", "op").text
    said = done(ask, "publication/publish", "NL")
    assert "new, read back" in said
    assert there(with_registry) > 0
    assert with_registry.rows("SELECT done_by, subject FROM act WHERE kind = 'rates published'") == [
        ("op-person", "NL")
    ]
    before = there(with_registry)
    assert "0 new, read back" in done(ask, "publication/publish", "NL")
    assert there(with_registry) == before
    assert "Publish the rates of" not in words_of(ask("", "op").text)


def test_a_row_that_was_changed_there_is_refused_by_name(ask: Asking, with_registry: World) -> None:
    done(ask, "publication/publish", "NL")
    with closing(sqlite3.connect(with_registry.folder / "orders_nl.db")) as connection, connection:
        connection.execute("UPDATE program_discount_rate SET tier = 6 WHERE account_id = 'A1'")
    said = done(ask, "publication/publish", "NL")
    assert "It was refused." in said
    assert "A1 from" in said
    assert "not published, still owed: NL" in said


def test_who_may_and_where(ask: Asking, with_registry: World) -> None:
    assert "publication/publish" not in ask("publication", "user").text
    assert "Who could" in words_of(ask("publication/publish/NL", "user").text)
    assert ask.post("publication/publish/NL", "user", errand="0" * 32).status_code == 403
    assert ask("publication/publish/US", "op").status_code == 404
    assert there(with_registry) == 0
