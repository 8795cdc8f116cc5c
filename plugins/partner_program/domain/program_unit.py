"""The unit of a programme as its file gives it: thresholds and every amount of the programme are in it."""

from dataclasses import dataclass

from partner_program.domain.refusals import Refusal

EUR = "EUR"
COUNTED = "XXX"
"""What stands for a currency at amounts that are none: ISO 4217 has this code for no currency."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A currency by its code, or a label for what is counted instead, with the decimals that its amounts have.

    Amounts are whole numbers of the smallest unit: hundredths, or whole ones where there are no decimals.
    """

    code: str = EUR
    decimals: int = 2
    label: str = ""

    @property
    def is_euro(self) -> bool:
        """Whether amounts are cents of EUR, as where a programme's file does not say its currency."""
        return self == EURO

    @property
    def is_counted(self) -> bool:
        """Whether amounts are no money."""
        return self.code == COUNTED

    @property
    def name(self) -> str:
        """What stands after an amount: the code of the currency, or the label; nothing after a price of no currency."""
        return self.label if self.is_counted else self.code

    @property
    def named(self) -> str:
        """What an amount is typed in, in a sentence."""
        return "euros" if self.is_euro else self.name

    @property
    def of_orders(self) -> "Unit":
        """What prices are in: this currency; where no money is counted, that of the order, with two decimals."""
        return NO_CURRENCY if self.is_counted else self

    def of(self, currency: str) -> "Unit":
        """A currency of lines: this one has its own decimals, any other has two."""
        return self if currency == self.code else Unit(currency)

    def typed(self, minor: int) -> str:
        """An amount as a person types it, which `of_hundredths` takes back: `1550.00`."""
        return f"{minor // 100}.{minor % 100:02d}" if self.decimals else f"{minor}.00"

    def text(self, minor: int) -> str:
        """An amount to read, without its unit: 199999 is `1,999.99`, or `199,999` without decimals."""
        sign, size = "-" if minor < 0 else "", abs(minor)
        if not self.decimals:
            return f"{sign}{size:,}"
        whole, rest = divmod(size, 10**self.decimals)
        return f"{sign}{whole:,}.{rest:0{self.decimals}d}"

    def amount(self, minor: int) -> str:
        """An amount with its unit, as in `1,999.99 USD` or `1,200 points`."""
        return f"{self.text(minor)} {self.name}".rstrip()

    def of_hundredths(self, hundredths: int) -> int:
        """An amount that was typed with two decimals, in the smallest unit; parts of whole units are refused."""
        if self.decimals:
            return hundredths
        whole, rest = divmod(hundredths, 100)
        if rest:
            raise Refusal(f"{self.name} are whole: {hundredths // 100}.{rest:02d} is none")
        return whole

    def worded(self, words: str) -> str:
        """Words that speak of revenue, as those of a count where amounts are no money."""
        if not self.is_counted:
            return words
        return words.replace("revenue", "the count").replace("Revenue", "The count")

    def headed(self, heading: str) -> str:
        """The heading of a column of amounts, which is written for EUR, for this unit."""
        return heading if self.is_euro else " ".join(self.name if word == EUR else word for word in heading.split(" "))


EURO = Unit()
NO_CURRENCY = Unit(COUNTED)
