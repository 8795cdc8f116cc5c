"""The demo company's five legal entities, each with a billing database and a currency of its own."""

from typing import NamedTuple


class DemoEntity(NamedTuple):
    """One row of entities.csv, and the VAT rate of its tax lines, in per cent."""

    entity: str
    legal_name: str
    country: str
    currency: str
    time_zone: str
    joined_on: str
    vat_percent: int


ENTITIES = (
    DemoEntity("NL", "Demo Hosting Netherlands B.V.", "NL", "EUR", "Europe/Amsterdam", "2009-01-01", 21),
    DemoEntity("DE", "Demo Hosting Deutschland GmbH", "DE", "EUR", "Europe/Berlin", "2011-04-01", 19),
    DemoEntity("UK", "Demo Hosting UK Ltd", "GB", "GBP", "Europe/London", "2013-06-01", 20),
    DemoEntity("US", "Demo Hosting USA, Inc.", "US", "USD", "America/New_York", "2010-10-01", 0),
    DemoEntity("SG", "Demo Hosting Asia Pte. Ltd.", "SG", "SGD", "Asia/Singapore", "2013-09-01", 7),
)
CURRENCY = {row.entity: row.currency for row in ENTITIES}
VAT_PERCENT = {row.entity: row.vat_percent for row in ENTITIES}
LATE_ENTITY = "SG"
WAREHOUSE_ENTITY = "US"  # its finance team hands over Parquet files
