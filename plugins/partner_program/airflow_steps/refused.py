"""What refused a step, in fixed words: an error's own message may name partners and amounts."""

THE_STEPS = "The steps"
# What refused, and the section of the run book, by the name of the error.
REFUSED: dict[str, tuple[str, str]] = {
    "BrakeOn": ("the brake", "The brake"),
    "ConservationBroken": ("the check that every line read is counted or excluded by name", THE_STEPS),
    "IncompleteMonth": ("the rule that a month has to be complete", "Why a partner is held"),
    "MissingMonth": ("the rule that months come in order", "Which month, which day"),
    "NoRuleInForce": ("the first day of the programme", "Which month, which day"),
    "NotApproved": ("the rule that a person approves letters", "Letters"),
    "NotThisInstallation": ("the binding of the installation to its place", "Disaster recovery"),
    "MonthBusy": ("another run of the same month", THE_STEPS),
    "MonthLost": ("another run of the same month", THE_STEPS),
    "Unavailable": ("a server that did not answer", THE_STEPS),
    "Refusal": ("a rule of the programme", THE_STEPS),
}


def refused_words(error: object) -> tuple[str, str]:
    """Which rule or server it was, and the section of the run book to read."""
    kinds = [kind.__name__ for kind in type(error).__mro__]
    return next((REFUSED[kind] for kind in kinds if kind in REFUSED), ("an unknown cause", THE_STEPS))
