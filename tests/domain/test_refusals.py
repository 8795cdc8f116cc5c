from partner_program.domain.refusals import Refusal, UnsoundFiles


def test_unsound_files_are_refused_with_every_fault_on_its_own_line() -> None:
    faults = ["partners.csv:2: status: 'x'", "contacts.csv:3: email: has no @"]
    refused: Refusal = UnsoundFiles(faults)
    assert str(refused).splitlines() == faults
    assert UnsoundFiles(faults).faults == faults
