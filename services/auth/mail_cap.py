"""How many codes are mailed for one account: nobody's mailbox is flooded by logins that somebody else begins."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class MailCap:
    """At most `count` mails within any `window`; one sent exactly a window ago counts no more."""

    count: int
    window: timedelta

    def free_at(self, sent: Sequence[datetime], at: datetime) -> datetime:
        """The first instant, not before `at`, at which the cap allows another mail; `sent`: the latest first."""
        counted = [one for one in sent if at - self.window < one <= at]
        return counted[self.count - 1] + self.window if len(counted) >= self.count else at


def free_at(caps: Iterable[MailCap], sent: Iterable[datetime], at: datetime) -> datetime:
    """The first instant, not before `at`, at which all caps allow another mail, if none is sent until then."""
    latest_first = sorted(sent, reverse=True)
    return max((cap.free_at(latest_first, at) for cap in caps), default=at)
