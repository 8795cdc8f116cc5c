"""An application to become an authorised partner, judged field by field; a person decides (rule 11)."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from partner_program.domain.email_address import domain_of, fault_of_address
from partner_program.domain.findings import one_line
from partner_program.domain.hidden_characters import hidden_character
from partner_program.domain.known_companies import KnownCompanies, host_of
from partner_program.domain.money import amount_cents, euros_text
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import Contact, Partner
from partner_program.domain.requirements import Requirement

Answers = Mapping[str, object]  # a text, a number as it is written, yes or no, or nothing
State = Literal["fulfilled", "not fulfilled", "missing"]
_NO = frozenset({"no", "n", "false", "nein", "nee", "non", "none", "never", "n/a", "not applicable"})
_YES = frozenset({"yes", "true"})
_FEWEST_DIGITS, _MOST_DIGITS = 5, 20  # of a telephone number, with its extension
_PHONE_MARKS = frozenset("+-./() ")
_LONGEST_SAME_IN_PLURAL = 3  # words up to this length end in s for other reasons


@dataclass(frozen=True, slots=True)
class FieldResult:
    """What one requirement comes to: `because` says why it is not fulfilled, `source` has the programme's words."""

    field: str
    state: State
    because: str
    source: str


@dataclass(frozen=True, slots=True)
class AlikePartner:
    """A partner that the applicant may be, with the marks that they share."""

    partner_id: str
    status: str
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApplicationCheck:
    """Each requirement with its result, what a person has to verify, and the partners that the applicant may be.

    `partners` is None where there was no registry to compare with.
    """

    fields: tuple[FieldResult, ...]
    to_verify: tuple[str, ...]
    partners: tuple[AlikePartner, ...] | None = None

    @property
    def unfulfilled(self) -> tuple[FieldResult, ...]:
        """The requirements that stand in the way, in the programme's order."""
        return tuple(each for each in self.fields if each.state != "fulfilled")


def check_application(*, requirements: Sequence[Requirement], answers: Answers) -> ApplicationCheck:
    """Judge an application's answers by the programme's requirements.

    A requirement that asks for nothing in particular is fulfilled by any answer but no. "Have a verifiable company
    website, company email": an address outside the website's domain is for a person to verify, and so is a type of
    business that mentions one that is never accepted.
    """
    fields = tuple(_judged(each, answers.get(each.field)) for each in requirements)
    to_verify = [said for each in requirements for said in _mentioned(each, answers.get(each.field))]
    host, domain = host_of(answer_text(answers.get("website"))), domain_of(answer_text(answers.get("email"))).casefold()
    if domain and host and domain != host and not domain.endswith(f".{host}"):
        to_verify.append(f"email domain {domain!r} is not the website's {host!r}")
    return ApplicationCheck(fields, tuple(to_verify))


def alike_partners(*, answers: Answers, partners: Sequence[Partner], contacts: Iterable[Contact]) -> list[AlikePartner]:
    """The partners that an applicant may be, whatever their status: by VAT number, domain or name, by id."""
    known = KnownCompanies(partners, contacts)
    name = answer_text(answers.get("company_name"))
    domains = {host_of(answer_text(answers.get("website"))), domain_of(answer_text(answers.get("email")))}
    alike = known.alike(company_name=name, vat_id=answer_text(answers.get("vat_id")), domains=sorted(domains - {""}))
    alike["similar company name"] = known.nearly_named(name)
    marks: dict[str, list[str]] = {}
    for mark, owners in alike.items():
        for partner_id in owners:
            marks.setdefault(partner_id, []).append(mark)
    return [
        AlikePartner(each.partner_id, each.status, tuple(own))
        for each in partners
        if (own := marks.get(each.partner_id))
    ]


def _judged(requirement: Requirement, answer: object) -> FieldResult:
    state, because = _verdict(requirement, answer)
    return FieldResult(requirement.field, state, because, requirement.source)


def _verdict(requirement: Requirement, answer: object) -> tuple[State, str]:
    text = answer_text(answer)
    if answer is None or not text:
        return "missing", "has no answer"
    hidden = hidden_character(text)
    if hidden is not None:
        return "not fulfilled", f"holds the hidden character {hidden}"
    if not any(map(str.isalnum, text)):
        return "missing", f"{_shown(text)} is no answer"
    if _is_no(answer) and not (requirement.countries and text == "NO"):  # Norway
        return "not fulfilled", "the answer is no"
    try:
        _check_kind(requirement, answer, text)
        _check_value(requirement, text)
    except Refusal as refusal:
        return "not fulfilled", str(refusal)
    return "fulfilled", ""


def answer_text(answer: object) -> str:
    """An answer as one line; nothing is an empty text, yes and no are the words."""
    if answer is None or isinstance(answer, bool):
        return {None: "", True: "yes", False: "no"}[answer]
    return " ".join(str(answer).split())


def _is_no(answer: object) -> bool:
    return answer is False or answer_text(answer).casefold() in _NO


def _check_kind(requirement: Requirement, answer: object, text: str) -> None:
    """Refuse an answer that is not of the kind that the requirement expects."""
    expects = requirement.expects
    if expects == "yes":
        if not (answer is True or text.casefold() in _YES):
            raise Refusal(f"{_shown(text)}, expected yes")
        return
    if isinstance(answer, bool) and expects != "answer":
        raise Refusal(f"the answer is yes, expected {_EXPECTED_WORDS[expects]}")
    if expects != "answer" and not _KINDS[expects](text):
        raise Refusal(f"{_shown(text)}, expected {_EXPECTED_WORDS[expects]}")


def _check_value(requirement: Requirement, text: str) -> None:
    """Refuse a value that the requirement's lists and its least amount do not allow."""
    words = _plain_words(text)
    if any(words == _plain_words(each) for each in requirement.never):
        raise Refusal(f"{_shown(text)} is never accepted")
    if requirement.accepted and not any(words == _plain_words(each) for each in requirement.accepted):
        raise Refusal(f"{_shown(text)}, expected one of {', '.join(requirement.accepted)}")
    if requirement.countries and text not in requirement.countries:
        raise Refusal(f"{_shown(text)}, expected one of {', '.join(requirement.countries)}")
    least = requirement.at_least_cents
    if least is not None and _cents(text) < least:
        raise Refusal(f"{_shown(text)}, expected at least {euros_text(least)} EUR a month")


def _mentioned(requirement: Requirement, answer: object) -> Iterable[str]:
    """What is never accepted and stands within an answer: the answer may be about the applicant's own clients."""
    text = answer_text(answer)
    words = _plain_words(text)
    for each in requirement.never:
        never = _plain_words(each)
        if words != never and any(words[at : at + len(never)] == never for at in range(len(words))):
            yield f"{requirement.field} {_shown(text)} mentions {each}, which is never accepted by itself"
            return


def _plain_words(text: str) -> list[str]:
    """The words of a text without case, marks and the s of a plural."""
    spaced = "".join(each if each.isalnum() else " " for each in unicodedata.normalize("NFKC", text).casefold())
    return [word.removesuffix("s") if len(word) > _LONGEST_SAME_IN_PLURAL else word for word in spaced.split()]


def _is_phone(text: str) -> bool:
    digits = sum(map(str.isdecimal, text))
    return _FEWEST_DIGITS <= digits <= _MOST_DIGITS and all(each.isdecimal() or each in _PHONE_MARKS for each in text)


def _is_amount(text: str) -> bool:
    """Whether a text is an amount of euros above nothing: nothing reaches no minimum."""
    try:
        return _cents(text) > 0
    except Refusal:
        return False


def _cents(text: str) -> int:
    """Read euros as cents; the currency may stand before or after them."""
    return amount_cents(text.removeprefix("EUR").removeprefix("€").removesuffix("EUR").removesuffix("€").strip())


def _shown(text: str) -> str:
    return repr(one_line(text))


_KINDS = {
    "text": lambda text: any(map(str.isalpha, text)),
    "website": lambda text: bool(host_of(text)),
    "email": lambda text: fault_of_address(text) is None,
    "phone": _is_phone,
    "amount": _is_amount,
}
_EXPECTED_WORDS = {
    "text": "a text",
    "website": "a web address, as in https://www.host.example",
    "email": "one e-mail address, as in sales@host.example",
    "phone": "a telephone number, as in +31 20 000 0000",
    "amount": "euros a month above 0 with at most two decimals, as in 1999.99",
}
