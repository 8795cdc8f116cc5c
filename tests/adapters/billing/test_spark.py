"""What only Spark can do. Run with `SPARK=127.0.0.1:15002`, the address of a server of Spark Connect."""

import os
import socket
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import pytest

from partner_program.adapters.billing.pull import pull_month
from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.program import LargestLine
from partner_program.domain.revenue import PeriodClose
from tests.adapters.billing.dialects import JULY, NL, SQL, SparkTables, spark_tables

__all__ = ["spark_tables"]  # a fixture
LINE = ("L1", "A1", "S", "cdn", "recurring", "2015-07-01", "2015-08-01", 1, 100, "EUR", "posted", None, 0, None)
on_spark = pytest.mark.skipif("SPARK" not in os.environ, reason="SPARK names no server: NOT tested on it")


def fault_of(tables: SparkTables, query: str = "", **changes: Any) -> str:
    """Why the month cannot be read, with another query in place of the lines."""
    tables.fill([LINE], [PeriodClose("EUR", 1, 100)])
    fields = replace(tables.fields, **changes)
    if query:
        schema = fields.schema
        tables.own(f"CREATE OR REPLACE VIEW {schema}.program_mrr_line AS {query.format(lines=tables.path_of_lines)}")
    found = pull_month(fields, NL, JULY, largest_line=LargestLine(1_000_000_000), sql_folder=SQL).fault
    assert found is not None
    return found


@pytest.mark.skipif(find_spec("pyspark") is None, reason="the extra spark is not installed: NOT tested")
@pytest.mark.processes
def test_the_client_loads_in_a_process_whose_main_module_has_no_file() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "SPARK_HOME"}
    program = "import os; from partner_program.adapters.billing import spark; print(os.environ.get('SPARK_HOME'))"
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stdout) == (0, "None\n")


@on_spark
@pytest.mark.parametrize(
    ("column", "kind", "named"),
    [
        ("net_amount_minor", "DECIMAL(18,2)", "is decimal(18,2), expected a type of whole numbers: minor units"),
        ("net_amount_minor", "DOUBLE", "is double, expected a type of whole numbers: minor units"),
        ("service_end", "TIMESTAMP", "is timestamp, expected date"),
    ],
)
def test_a_column_of_another_type_is_named(spark_tables: SparkTables, column: str, kind: str, named: str) -> None:
    query = f"SELECT * EXCEPT ({column}), CAST({column} AS {kind}) AS {column} FROM {{lines}}"  # noqa: S608
    assert named in fault_of(spark_tables, query)


@on_spark
def test_a_sum_that_overflows_is_a_fault_and_no_other_amount(spark_tables: SparkTables) -> None:
    query = "SELECT * EXCEPT (net_amount_minor), 9223372036854775807 + id AS net_amount_minor FROM {lines}, range(2)"
    assert fault_of(spark_tables, query).startswith("billing database not readable: ARITHMETIC_OVERFLOW")


@on_spark
def test_a_value_that_breaks_a_view_is_not_shown(spark_tables: SparkTables) -> None:
    query = "SELECT * EXCEPT (term_months), CAST(account_id AS INT) AS term_months FROM {lines}"
    found = fault_of(spark_tables, query)
    assert found.startswith("billing database not readable: CAST_INVALID_INPUT")
    assert "A1" not in found


@on_spark
def test_a_view_that_never_ends_is_stopped_at_the_deadline(spark_tables: SparkTables) -> None:
    query = "SELECT l.* FROM {lines} AS l, range(1000000000) AS n, range(1000000000) AS m WHERE n.id * m.id = -1"
    assert fault_of(spark_tables, query, extra={"deadline": 8}) == "no answer within 8 seconds"


@on_spark
def test_a_schema_that_is_not_there_and_a_server_that_is_not_there_are_faults(spark_tables: SparkTables) -> None:
    assert "SCHEMA_NOT_FOUND" in fault_of(spark_tables, schema="no_such_schema")
    assert fault_of(spark_tables, port=1) == "billing database not readable: Connection refused"


@on_spark
def test_a_server_that_says_nothing_is_left_at_the_deadline(spark_tables: SparkTables) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        found = fault_of(spark_tables, port=mute.getsockname()[1], extra={"deadline": 3})
    assert found == "no answer within 3 seconds"


@pytest.mark.skipif(find_spec("pyspark") is None, reason="the extra spark is not installed: NOT tested")
def test_a_name_that_is_no_name_of_a_schema_is_refused() -> None:
    fields = ConnectionFields("billing_nl", "spark", "127.0.0.1", schema="x; DROP SCHEMA y")
    found = pull_month(fields, NL, JULY, largest_line=LargestLine(1), sql_folder=SQL).fault
    assert found == "connection billing_nl: expected a host, and names as in catalog.billing as schema"


@pytest.mark.skipif(find_spec("pyspark") is not None, reason="the extra spark is installed")
def test_the_extra_that_is_missing_is_named() -> None:
    fields = ConnectionFields("billing_nl", "spark", "127.0.0.1")
    found = pull_month(fields, NL, JULY, largest_line=LargestLine(1), sql_folder=SQL).fault
    assert found == ("connection billing_nl: pyspark is not installed here: pip install 'partner-program[spark]'")
