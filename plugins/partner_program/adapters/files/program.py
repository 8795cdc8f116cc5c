"""Reads the programme's dated files: each is the whole programme from its first day in force; nothing is assumed."""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Literal

from partner_program.adapters.files.faults import FileFaults, decoded, read_whole, refuse_unsound
from partner_program.adapters.files.program_tables import (
    LONGEST_TERM_MONTHS,
    read_benefits,
    read_names,
    read_requirements,
    read_terms,
    read_tiers,
    sourced,
)
from partner_program.adapters.files.strict_yaml import read_document
from partner_program.adapters.files.values import currency, discount_bp, time_zone, whole_between
from partner_program.adapters.files.yaml_sections import Section
from partner_program.domain.disputes import DUE_DAYS
from partner_program.domain.money import BP
from partner_program.domain.program import (
    ENTITY_TOTAL_MOVE_AT_LEAST_CENTS,
    RATE_MOVE_LIMIT_BP,
    BenefitApproval,
    Brake,
    LargestLine,
    Program,
    RatesApprovalKey,
    Readings,
)

HIGHEST_LINE_MINOR = 10**15
MOST_PARTNERS = 10**9
LONGEST_DISPUTE_DAYS = 3650
HIGHEST_MOVE_BP = 100 * BP
INCOMPLETE: tuple[Literal["hold", "stop"], ...] = ("hold", "stop")
STACKING: tuple[Literal["additive", "compound"], ...] = ("additive", "compound")
BENEFIT_APPROVALS: tuple[BenefitApproval, ...] = ("anybody", "another_person")
APPROVALS: tuple[RatesApprovalKey, ...] = ("none", "rates")
NOTIFY: tuple[Literal["on_change", "always"], ...] = ("on_change", "always")


# Sections that decide no tier, no rate and nobody who is held. `Program.file_hash` leaves them out, so that a file
# which gets one of them stays the file that months were settled with.
DECIDE_NO_MONTH = ("benefit_terms", "benefit_approval", "application_answers", "approval", "dispute_due")


def load_program(path: Path) -> Program:
    """Read one programme file, or a draft of one; raises `UnsoundFiles` with every fault in it."""
    faults = FileFaults(path.name)
    program = _read(path, faults)
    refuse_unsound([faults])
    return program


def load_programs(folder: Path) -> list[Program]:
    """Read every programme file of a folder, ordered by first day in force.

    Raises `UnsoundFiles` with the faults of all files. A file must be named after its first day in force, so that no
    two files can claim the same day.
    """
    of_folder = FileFaults(folder.name)
    all_faults, programs = [of_folder], []
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        faults = FileFaults(path.name)
        program = _read(path, faults)
        day = program.in_force_from
        if not faults.listed() and path.name != f"{day}.yaml":
            faults.add(
                1, "in_force_from", f"is {day}, but the file is named {path.name}: expected {day}.yaml, or its day"
            )
        all_faults.append(faults)
        programs.append(program)
    if not programs:
        of_folder.add(1, "folder", "has no programme file, expected one with a name such as 2015-07-27.yaml")
    refuse_unsound(all_faults)
    return sorted(programs, key=lambda program: program.in_force_from)


def program_texts(folder: Path, by_hand: Path | None = None) -> dict[str, bytes]:
    """Return the programme files of a folder, and the one given by hand if any, by their `file_hash`."""
    paths = [*folder.glob("*.yaml"), *folder.glob("*.yml"), *([by_hand] if by_hand else [])]
    contents = {path: path.read_bytes() for path in paths}
    return {read_program(path.name, content).file_hash: content for path, content in contents.items()}


def _read(path: Path, faults: FileFaults) -> Program:
    content = read_whole(path, faults)
    if content is None:
        return _parsed(path.name, None, faults)
    program, found = _parsed_once(path.name, content)
    faults.add_all(found)
    return program


def read_program(file_name: str, content: bytes) -> Program:
    """Read a file without faults; a process parses equal bytes once. Raises `UnsoundFiles` if there is a fault."""
    program, faults = _parsed_once(file_name, content)
    refuse_unsound([faults])
    return program


@lru_cache(maxsize=64)
def _parsed_once(file_name: str, content: bytes) -> tuple[Program, FileFaults]:
    faults = FileFaults(file_name)
    return _parsed(file_name, content, faults), faults


def _parsed(file_name: str, content: bytes | None, faults: FileFaults) -> Program:
    text = "" if content is None else decoded(content, faults)
    document = Section(None, "", faults) if content is None else read_document(text, faults)
    deciding = document.text_without(text, DECIDE_NO_MONTH)
    whole = _sha256(content or b"")
    program = _program(document, file_name, whole if deciding == text else _sha256(deciding.encode()), whole)
    document.close()
    return program


def _sha256(content: bytes) -> str:
    return sha256(content).hexdigest()


def _program(document: Section, file_name: str, file_hash: str, content_hash: str) -> Program:
    cap = sourced(document.section("promotion_cap"))
    cap_bp = cap.whole("discount_bp", discount_bp(BP))
    shortening = sourced(document.section("shortening"))
    products = read_names(document, "products", "name")
    tiers = read_tiers(document, cap_bp if cap.sound else BP)
    return Program(
        in_force_from=sourced(document.section("in_force_from")).day("day"),
        file_name=file_name,
        file_hash=file_hash,
        content_hash=content_hash,
        time_zone=sourced(document.section("time_zone")).text("name", time_zone),
        tiers=tiers,
        promotion_cap_bp=cap_bp,
        prepayment_bp=read_terms(document, "prepayment", "discount_bp"),
        shortening_from_months=shortening.whole("from_months", whole_between(1, LONGEST_TERM_MONTHS)),
        shortening_surcharge_bp=read_terms(shortening, "terms", "surcharge_bp"),
        no_commitment_excludes=read_names(document, "no_commitment_excludes", "product", products),
        products=products,
        largest_line=_largest_line(sourced(document.section("largest_line"))),
        readings=_readings(document.section("readings")),
        brake=_brake(document.section("brake")),
        benefits=read_benefits(document, len(tiers)),
        authorisation_requirements=read_requirements(document),
        rate_move_limit_bp=_rate_move_limit(document),
        benefit_approval=_benefit_approval(document),
        approval=_approval(document),
        dispute_due_days=_dispute_due(document),
    )


def _largest_line(section: Section) -> LargestLine:
    """Read the largest amount of a line; absent `by_currency`: the same in every currency."""
    limit = whole_between(1, HIGHEST_LINE_MINOR)
    minor = section.whole("net_amount_minor", limit)
    if not section.has("by_currency"):
        return LargestLine(minor)
    own = section.section("by_currency")
    return LargestLine(minor, {code: own.whole(code, limit) for code in own.keys(read=currency)})


def _rate_move_limit(document: Section) -> int:
    """Read how far an exchange rate may move before a person has to confirm it; absent: the default."""
    if not document.has("rate_move_limit"):
        return RATE_MOVE_LIMIT_BP
    return sourced(document.section("rate_move_limit")).whole("value", whole_between(1, BP))


def _dispute_due(document: Section) -> int:
    """Read after how many days a dispute has to be answered; absent: the default."""
    if not document.has("dispute_due"):
        return DUE_DAYS
    return sourced(document.section("dispute_due")).whole("days", whole_between(1, LONGEST_DISPUTE_DAYS))


def _benefit_approval(document: Section) -> BenefitApproval:
    """Read who may approve a benefit; absent: anybody."""
    if not document.has("benefit_approval"):
        return "anybody"
    return sourced(document.section("benefit_approval")).choice("value", BENEFIT_APPROVALS)


def _approval(document: Section) -> RatesApprovalKey:
    """Read whether rates wait for a person before they take force; absent: they do not."""
    if not document.has("approval"):
        return "none"
    return sourced(document.section("approval")).choice("value", APPROVALS)


def _readings(section: Section) -> Readings:
    return Readings(
        incomplete=sourced(section.section("incomplete")).choice("value", INCOMPLETE),
        rise_on_partial=sourced(section.section("rise_on_partial")).boolean("value"),
        stacking=sourced(section.section("stacking")).choice("value", STACKING),
        notify=sourced(section.section("notify")).choice("value", NOTIFY),
    )


def _brake(section: Section) -> Brake:
    return Brake(
        lowered_share_bp=sourced(section.section("lowered_share_bp")).whole("value", whole_between(0, BP)),
        lowered_at_least=sourced(section.section("lowered_at_least")).whole("value", whole_between(0, MOST_PARTNERS)),
        entity_total_move_bp=sourced(section.section("entity_total_move_bp")).whole(
            "value", whole_between(0, HIGHEST_MOVE_BP)
        ),
        entity_total_move_at_least_cents=_least_move(section),
    )


def _least_move(section: Section) -> int:
    """Read from how many cents on an entity's total may stop a run; a file without this key means the default."""
    if not section.has("entity_total_move_at_least_cents"):
        return ENTITY_TOTAL_MOVE_AT_LEAST_CENTS
    given = sourced(section.section("entity_total_move_at_least_cents"))
    return given.whole("value", whole_between(0, HIGHEST_LINE_MINOR))
