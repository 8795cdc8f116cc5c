"""Links of accounts are read alike whichever way they are asked for."""

from pathlib import Path

from partner_program.adapters.database import registry
from tests.worlds import World


def test_each_reader_gives_a_link_with_its_partner_its_entity_and_its_account(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.partner("P1", {"NL": "A1"})
    world.ready("2015-06")
    with world.installation.database.reading() as connection:
        (link,) = registry.load_account_links(connection)
        assert (link.partner_id, link.entity, link.account_id) == ("P1", "NL", "A1")
        assert registry.links_of(connection, "P1") == [link]
        assert registry.links_of_accounts_of(connection, {"P1"}) == [link]
        assert registry.links_of_accounts(connection, [("NL", "A1")]) == [link]
        assert list(registry.load_registry(connection).account_links) == [link]
