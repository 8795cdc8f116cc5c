"""Reads the programme's dated files: each is the whole programme from its first day in force.

What a company does not have is left out of its file: `Program` says what each key means where it is absent.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Literal, TypeVar

from partner_program.adapters.files.faults import FileFaults, decoded, read_whole, refuse_unsound
from partner_program.adapters.files.program_rules import read_changes, read_large_change, read_measure, read_unit
from partner_program.adapters.files.program_tables import (
    LONGEST_TERM_MONTHS,
    read_benefits,
    read_names,
    read_product_discounts,
    read_requirement_names,
    read_requirements,
    read_sla_levels,
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
    HIGHEST_LINE_MINOR,
    RATE_MOVE_LIMIT_BP,
    AppliesTo,
    BenefitApproval,
    Brake,
    FxGuard,
    LargestLine,
    Program,
    Promotions,
    RatesApprovalKey,
    Readings,
    Shortening,
    brake_in,
)
from partner_program.domain.program_unit import Unit

Word = TypeVar("Word", bound=str)
MOST_PARTNERS = 10**9
LONGEST_DISPUTE_DAYS = 3650
HIGHEST_MOVE_BP = 100 * BP
INCOMPLETE: tuple[Literal["hold", "stop"], ...] = ("hold", "stop")
STACKING: tuple[Literal["additive", "compound"], ...] = ("additive", "compound")
BENEFIT_APPROVALS: tuple[BenefitApproval, ...] = ("anybody", "another_person")
PROMOTIONS: tuple[Promotions, ...] = ("added", "best_of", "exclusive")
APPLIES_TO: tuple[AppliesTo, ...] = ("new_orders", "all_services")
APPROVALS: tuple[RatesApprovalKey, ...] = ("none", "rates")
FX_GUARDS: tuple[FxGuard, ...] = ("off", "inform", "hold_tier")
NOTIFY: tuple[Literal["on_change", "always"], ...] = ("on_change", "always")


# Sections that decide no tier, no rate and nobody who is held. `Program.file_hash` leaves them out, so that a file
# which gets one of them stays the file that months were settled with.
DECIDE_NO_MONTH = (
    "benefit_terms",
    "benefit_approval",
    "application_answers",
    "approval",
    "dispute_due",
    "company",
    "requirement_names",
    "large_change",
)


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
        of_folder.add(1, "folder", f"has no programme file: {folder}, expected one with a name such as 2015-07-27.yaml")
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
    cap_bp, levels = _promotion_cap(document), read_sla_levels(document)
    products = read_names(document, "products", "name") if document.has("products") else ()
    cap = BP if cap_bp is None else cap_bp
    tiers, unit = read_tiers(document, cap, levels), read_unit(document)
    return Program(
        in_force_from=sourced(document.section("in_force_from")).day("day"),
        file_name=file_name,
        file_hash=file_hash,
        content_hash=content_hash,
        time_zone=sourced(document.section("time_zone")).text("name", time_zone),
        tiers=tiers,
        promotion_cap_bp=cap_bp,
        prepayment_bp=read_terms(document, "prepayment", "discount_bp") if document.has("prepayment") else None,
        shortening=_shortening(document),
        no_commitment_excludes=_no_commitment_excludes(document, products),
        products=products,
        largest_line=_largest_line(document),
        readings=_readings(document),
        brake=_brake(document, unit),
        benefits=read_benefits(document, len(tiers)),
        authorisation_requirements=read_requirements(document),
        sla_levels=levels,
        promotions=_value(document, "promotions", PROMOTIONS),
        applies_to=_value(document, "applies_to", APPLIES_TO),
        rate_move_limit_bp=_rate_move_limit(document),
        benefit_approval=_value(document, "benefit_approval", BENEFIT_APPROVALS),
        approval=_value(document, "approval", APPROVALS),
        dispute_due_days=_dispute_due(document),
        company=document.text("company") if document.has("company") else None,
        fx_guard=_fx_guard(document),
        measure=read_measure(document),
        changes=read_changes(document),
        requirement_names=read_requirement_names(document, tiers),
        unit=unit,
        product_discounts=read_product_discounts(document, len(tiers), cap, products),
        large_change=read_large_change(document, unit),
    )


def _promotion_cap(document: Section) -> int | None:
    """Read where promotions end; None where the file has no cap, or one at fault."""
    if not document.has("promotion_cap"):
        return None
    cap = sourced(document.section("promotion_cap"))
    cap_bp = cap.whole("discount_bp", discount_bp(BP))
    return cap_bp if cap.sound else None


def _shortening(document: Section) -> Shortening | None:
    """Read what going on with a shorter term costs; None where the file has no such scheme."""
    if not document.has("shortening"):
        return None
    scheme = sourced(document.section("shortening"))
    return Shortening(
        scheme.whole("from_months", whole_between(1, LONGEST_TERM_MONTHS)),
        read_terms(scheme, "terms", "surcharge_bp"),
    )


def _no_commitment_excludes(document: Section, products: Sequence[str]) -> tuple[str, ...]:
    """Read which products have no one-month term; absent: all have one."""
    if not document.has("no_commitment_excludes"):
        return ()
    if not document.has("prepayment"):
        document.fault("no_commitment_excludes", "excludes the only term: a file without prepayment has no longer one")
    return read_names(document, "no_commitment_excludes", "product", products)


def _largest_line(document: Section) -> LargestLine:
    """Read the largest amount of a line; absent: no limit, without `by_currency` the same in every currency."""
    if not document.has("largest_line"):
        return LargestLine()
    section = sourced(document.section("largest_line"))
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


def _value(section: Section, key: str, choices: Sequence[Word]) -> Word:
    """Read one of a few words below `value`; absent: the first of them."""
    return sourced(section.section(key)).choice("value", choices) if section.has(key) else choices[0]


def _fx_guard(document: Section) -> FxGuard:
    """Read whether exchange rates alone may move a tier; absent: they may, and nothing is said of it."""
    if not document.has("fx_guard"):
        return "off"
    return sourced(document.section("fx_guard")).word("value", FX_GUARDS)


def _readings(document: Section) -> Readings:
    """Read the choices; one that is absent is the cautious one."""
    if not document.has("readings"):
        return Readings()
    section = document.section("readings")
    rises = section.has("rise_on_partial") and sourced(section.section("rise_on_partial")).boolean("value")
    return Readings(
        incomplete=_value(section, "incomplete", INCOMPLETE),
        rise_on_partial=rises,
        stacking=_value(section, "stacking", STACKING),
        notify=_value(section, "notify", NOTIFY),
    )


def _brake(document: Section, unit: Unit) -> Brake:
    """Read when a run stops; a limit that is absent is the default."""
    default = brake_in(unit)
    if not document.has("brake"):
        return default
    section = document.section("brake")
    highest = {
        "lowered_share_bp": BP,
        "lowered_at_least": MOST_PARTNERS,
        "entity_total_move_bp": HIGHEST_MOVE_BP,
        "entity_total_move_at_least_cents": HIGHEST_LINE_MINOR,
        "review_lowered_share_bp": BP,
    }
    return replace(
        default,
        **{
            key: sourced(section.section(key)).whole("value", whole_between(0, limit))
            for key, limit in highest.items()
            if section.has(key)
        },
    )
