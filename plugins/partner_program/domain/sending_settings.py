"""How an installation sends its letters: for real or into files, to which domains, and how fast."""

from dataclasses import dataclass

EVERY_DOMAIN = "*"


@dataclass(frozen=True, slots=True)
class SendingSettings:
    """`live` letters go to a mail server, others into files.

    `allowed_domains` are those that live letters may go to, `*` for any. `approval_days` is how long a person's
    approval holds. `auto_approval` lets a live run go without a person.
    """

    live: bool = False
    allowed_domains: tuple[str, ...] = ()
    bounce_address: str | None = None
    per_minute: int = 60
    per_domain_per_minute: int = 20
    approval_days: int = 7
    auto_approval: bool = False

    def allows(self, domain: str) -> bool:
        """Whether a letter may go to that domain; files may carry any."""
        return not self.live or EVERY_DOMAIN in self.allowed_domains or domain.lower() in self.allowed_domains

    def bounces_to(self, sender_address: str) -> str:
        """Where bounces come back: to the sender, unless the settings name another mailbox."""
        return self.bounce_address or sender_address
