"""When a tier may change: at once, at a review, or after some months in a row (rule 1).

A partner stands in a tier on its merit. What a month earns moves that merit as far as the programme's rules for changes
let it; a grace period lifts over it, and falls back to it. Without such rules merit is what the month earns.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from partner_program.domain.billing_month import BillingMonth

Rises = Literal["monthly", "review"]
Drops = Literal["monthly", "review", "never"]
DropSteps = Literal["any", "one"]
StaysFor = Literal["review", "review_after", "months", "step", "never"]


@dataclass(frozen=True, slots=True)
class Changes:
    """When a tier may rise and drop. `review_months` are the calendar months (1 to 12) whose assessment is a review.

    A drop needs `drop_after_months` months in a row that earned less than the merit, the deciding one among them. It
    goes to what the month earned (`any`), or one tier down (`one`). After each change of merit the count starts anew.
    """

    rises: Rises
    drops: Drops
    review_months: tuple[int, ...] = ()
    drop_after_months: int = 1
    drop_steps: DropSteps = "any"

    @property
    def months_of_reviews(self) -> tuple[int, ...]:
        """The calendar months in which reviews happen: a month is reviewed in the one after it."""
        return tuple(sorted(month % 12 + 1 for month in self.review_months))

    def is_review(self, month: BillingMonth) -> bool:
        """Whether the assessment of a month is a review."""
        return month.month in self.review_months

    def next_review(self, month: BillingMonth) -> BillingMonth | None:
        """The first month after this one whose assessment is a review; None where there is none."""
        if not self.review_months:
            return None
        month = month.following
        while not self.is_review(month):
            month = month.following
        return month


AT_ONCE = Changes("monthly", "monthly")  # where a programme has no such rules


@dataclass(frozen=True, slots=True)
class Merit:
    """Where a partner stands on its merit after a month; `earned_tier` is what that month alone earned.

    `months_below` are the months in a row, up to this one, that earned less than the merit and have not lowered it.
    """

    tier: int
    earned_tier: int
    months_below: int = 0


def merit_after(
    *,
    changes: Changes,
    month: BillingMonth,
    earned_tier: int,
    before: Merit | None,
    highest_tier: int,
    lowest_tier: int = 0,
) -> Merit:
    """The merit after a month that earned a tier; `before` is the last one in force, None for a first assessment.

    A tier before that this programme does not have is its highest one, or its lowest.
    """
    if before is None:
        return Merit(earned_tier, earned_tier)
    merit, review = max(min(before.tier, highest_tier), lowest_tier), changes.is_review(month)
    if earned_tier > merit:
        may_rise = changes.rises == "monthly" or review
        return Merit(earned_tier if may_rise else merit, earned_tier)
    if earned_tier == merit:
        return Merit(merit, earned_tier)
    below = before.months_below + 1
    may_drop = changes.drops == "monthly" or (changes.drops == "review" and review)
    if may_drop and below >= changes.drop_after_months:
        return Merit(earned_tier if changes.drop_steps == "any" else merit - 1, earned_tier)
    return Merit(merit, earned_tier, below)


def confirmed(merit: Merit, tier: int) -> Merit:
    """The merit of a partner whose grace period in a tier was confirmed: at least that tier."""
    return merit if merit.tier >= tier else Merit(tier, merit.earned_tier)


@dataclass(frozen=True, slots=True)
class DecidedMerit:
    """What a month in force has on record of a partner.

    `decided_in` is the settlement that first decided the month for the partner, from the records that there were then;
    a restatement decides again from the same ones. `written_in` is the settlement that wrote the merit as it is.
    Settlements are numbered in the order in which they took force.
    `changes` are the rules that decided it, None without, and the tiers those of their programme. `confirmed_tier` is
    that of a grace period confirmed in it, 0 without one. `follows` says that the partner was assessed or held in each
    month in force since the record before: it never left the programme between them.
    """

    month: BillingMonth
    merit: Merit
    decided_in: int
    written_in: int
    changes: Changes | None
    highest_tier: int
    lowest_tier: int = 0
    confirmed_tier: int = 0
    follows: bool = True


def last_merit(records: Iterable[DecidedMerit]) -> Merit | None:
    """The merit that the next month begins with, from a partner's records, the newest of each month.

    A month that was released or restated after a later one had first been decided has moved the merit since: the later
    months follow from it again, each by its own rules, also those that were restated themselves. The records stay as
    they are.
    """
    merit: Merit | None = None
    newest, moved = 0, False
    for each in sorted(records, key=lambda record: record.month):
        if not each.follows:
            newest, moved = 0, False
        moved = moved or each.decided_in < newest
        newest = max(newest, each.written_in)
        if moved and each.changes is not None:
            again = merit_after(
                changes=each.changes,
                month=each.month,
                earned_tier=each.merit.earned_tier,
                before=merit,
                highest_tier=each.highest_tier,
                lowest_tier=each.lowest_tier,
            )
            merit = confirmed(again, each.confirmed_tier)
        else:
            merit = each.merit
    return merit


def is_kept(now: Merit | None, before: Merit | None) -> Literal["not", "now", "still"]:
    """Whether a month left a partner another tier than it earned: for the first time, or as the month before did."""
    if now is None or now.tier == now.earned_tier:
        return "not"
    if before is None or before.tier != now.tier or before.tier == before.earned_tier:
        return "now"
    return "still" if (now.earned_tier < now.tier) == (before.earned_tier < before.tier) else "now"


def stays_for(changes: Changes, merit: Merit) -> StaysFor:
    """What a merit that is another than the month earned waits for.

    `review` waits for the next one; `review_after` for a review that finds enough months in a row below the tier,
    `months` for so many; a `step` has just been taken, the only one that a tier drops at a time; `never`: it stays.
    """
    if merit.earned_tier > merit.tier:
        return "review"
    if changes.drops == "never":
        return "never"
    if changes.drops == "review" and changes.drop_after_months == 1:
        return "review"
    if not merit.months_below:
        return "step"
    return "review_after" if changes.drops == "review" else "months"


def stays_words(changes: Changes, merit: Merit, month: BillingMonth) -> str:
    """Say why a merit is another than what the month earned, and until when; empty where it is not."""
    if merit.tier == merit.earned_tier:
        return ""
    review = changes.next_review(month)
    if merit.earned_tier > merit.tier:
        return f"a rise waits for the review of {review}"
    counted = f"{merit.months_below} of {changes.drop_after_months} months in a row earned less"
    words: dict[StaysFor, str] = {
        "never": "a tier never drops",
        "review": f"stays until the review of {review}",
        "review_after": f"stays until the review of {review}; {counted}",
        "months": f"stays: {counted}",
        "step": "drops one tier at a time",
    }
    return words[stays_for(changes, merit)]
