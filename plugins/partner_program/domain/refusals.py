"""The errors that the programme raises for people: each message says what is wrong, where, and what to do."""


class Refusal(Exception):
    """A rule of the programme says no; the message is written for the person who asked."""


class NotThere(Refusal):
    """What was named is not in the registry, or was not run."""


class Unavailable(Refusal):
    """Something outside did not answer, no rule said no: trying again may help."""


class NotReady(Refusal):
    """The programme's own database is not there, or not as this version needs it."""


class MonthBusy(Unavailable):
    """Another run has the month: wait for it to end."""


class MonthLost(Refusal):
    """Another run, or another try of the same step, wrote the month meanwhile: nothing of this one is written."""


class Undeliverable(Refusal):
    """A letter that cannot be sent as it is; the message says what is wrong with its address or its size."""


class NotThisInstallation(Refusal):
    """A copied or restored database may not send before a person has looked at it."""


class NotApproved(Refusal):
    """A person has to approve this, as it is now, and this person or this approval is not it."""


class Moved(NotApproved):
    """What a person looked at is no longer what would be decided: look at it again."""


class RatesWait(Refusal):
    """What the month decided waits for a person's approval; nothing took force."""


class MonthSigned(Refusal):
    """The month is signed: only a restatement changes it."""


class NoRuleInForce(Refusal):
    """The day lies before the first programme file."""


class MissingMonth(Refusal):
    """Months are assessed in order; the message names the month that has to come first."""


class BrakeOn(Refusal):
    """The run would change more than the programme allows without a person's decision."""


class IncompleteMonth(Refusal):
    """Something is missing and the programme file says `incomplete: stop`."""


class ConservationBroken(Refusal):
    """The lines read are not equal to counted + excluded + unmatched: the month stops."""


class NotDefined(Refusal):
    """The programme has no rule for what was asked."""


class NotAuthorized(Refusal):
    """Only authorised partners get a programme rate."""


class UnsoundFiles(Refusal):
    """Files with faults: all at once, in reading order, a line each.

    A line is `file:line: column: what is wrong, what is expected`.
    """

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults
