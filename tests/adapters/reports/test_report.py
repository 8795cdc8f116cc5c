"""A report as JSON is written row by row, and is as if it had been written as one."""

import json

from partner_program.adapters.reports.report import report_json
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.movement_rows import HeldSince, MovedAccount
from partner_program.domain.report import Equation, Report, ReportTable

HOSTILE = '"},\n {\u2028\r\\n\t\x00 é 字'


def test_rows_stand_in_json_as_if_all_were_written_at_once() -> None:
    month = BillingMonth(2015, 7)
    held = [HeldSince("P1", HOSTILE, 1), HeldSince(HOSTILE, "", -2)]
    tables: tuple[ReportTable[object], ...] = (
        ReportTable("held", "Held", HeldSince, held),
        ReportTable("accounts", "Moved", MovedAccount, []),
    )
    equations = (Equation(HOSTILE, (("one", 1),), ("one", 1)),)
    body = report_json(Report("movements", "What moved", month, (HOSTILE,), tables, equations=equations))
    read = json.loads(body)
    assert (read["held"][0]["company_name"], read["held"][1]["partner_id"], read["accounts"]) == (HOSTILE, HOSTILE, [])
    assert body == json.dumps(read, indent=1, ensure_ascii=False) + "\n"
