"""A world whose June has a release and a restatement, and whose July follows: both with their proofs."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from partner_program.adapters.proofs.keys import KEY_VARIABLE, SigningKey, new_key
from partner_program.domain.acts import Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.proof import WrittenProof
from partner_program.usecases.letters.rendering import letter_batches, render_letters
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from partner_program.usecases.proofs.write import write_proof
from tests.worlds import World

BY = Doer("Pat Manager", "for the auditor", 1_440_000_000)
JUNE, JULY = "2015-06", "2015-07"


@dataclass(frozen=True)
class Proven:
    """A world with the proofs of June and July, the key that signed them, its public part as a file."""

    world: World
    folder: Path
    key: SigningKey
    june: Path
    july: Path

    @property
    def public(self) -> Path:
        return self.folder / "public.pem"

    def write(self, month: str, to: Path) -> WrittenProof:
        """Write a proof with the key."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(KEY_VARIABLE, str(self.folder / "key.pem"))
            return write_proof(self.world.installation, BillingMonth.parse(month), to, by=BY)


def everything_happens(world: World) -> World:
    """Six partners: grace, old terms, dollars, one held and released, one restated, one ended, one held in July."""
    world.partner("P1", {"NL": "A1"}, company_name="Zeldzame Wederverkoper", address="Keizersgracht 555")
    world.partner("P2", {"US": "B2"}, company_name="Uncommon Reseller", phone="+1 555 0100")
    world.partner("P3", {"NL": "A3", "US": "B3"})
    world.partner("P4", {"NL": "A4"})
    world.partner("P5", {"NL": "A5"})
    world.partner("P6", {"NL": "A6"}, status="applied", authorized_on="")
    for row in world.tables["contacts"]:
        row["name"] = f"Jolanda of {row['partner_id']}"
    world.grant("G1", "P1", 4, "2015-06-01", "2015-07-27")
    world.legacy("P3", 3000, sla="Platinum")
    for month in (JUNE, JULY):
        world.rate(month, "USD", "1.1")
    for account, entity, minor in (("A1", "NL", 2_500_00), ("B2", "US", 1_234_56), ("A3", "NL", 700_00)):
        world.bill(account, JUNE, minor, entity=entity, months=2)
    world.bill("A4", JUNE, 12_000_00, months=2, term_months=12)
    world.bill("A5", JUNE, 5_000_00, months=2)
    world.bill("A6", JUNE, 5_000_00, months=2)
    world.bill("A1", JUNE, 99_00, charge_kind="setup")
    world.bill("NOBODYS", JUNE, 50_00)
    world.ready(JUNE, JULY)
    world.reopen(JUNE, "US")
    world.settle(JUNE, on="2015-07-27", migration=True, started_by="Kim Starter")
    world.close(JUNE, "US")
    world.settle(JUNE, on="2015-07-27")
    world.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = 600000 WHERE account_id = 'A5'")
    for month in (JUNE, JULY):
        world.close(month)
    world.settle(JUNE, on="2015-07-27")
    here, day = world.installation, date(2015, 7, 30)
    acceptance = Acceptance(day, "Robin Controller", "a late invoice")
    accept_restatement(here, BillingMonth.parse(JUNE), acceptance, today=day)
    for batch in letter_batches(here, BillingMonth.parse(JUNE)):
        render_letters(here, BillingMonth.parse(JUNE), batch)
    world.tables["partners"][3]["status"] = "ended"
    world.load()
    world.reopen(JULY, "US")
    world.settle(JULY, on="2015-08-03")
    return world


@pytest.fixture(scope="session")
def proven(tmp_path_factory: pytest.TempPathFactory) -> Proven:
    """The world, to be read only."""
    folder = tmp_path_factory.mktemp("proofs")
    key = new_key(folder / "key.pem")
    (folder / "public.pem").write_bytes(key.public)
    world = everything_happens(World(tmp_path_factory.mktemp("proven")))
    found = Proven(world, folder, key, folder / "june.zip", folder / "july.zip")
    found.write(JUNE, found.june)
    found.write(JULY, found.july)
    return found
