"""Which lines of Mobile Choice 050 are asked for by their group and usage limit."""

from dataclasses import dataclass

from services.contracts.searching import LineSearch

NONE = "-"
"""In a search: lines without one. In an assignment: take it away. No master can have it as its code."""


@dataclass(frozen=True)
class ChoiceSearch:
    """Conditions that a line in service must all satisfy; one that is None, or blank, is not a condition.

    `group` and `usage_limit` are codes or NONE. Making one raises what LineSearch does.
    """

    phone_prefix: str | None = None
    group: str | None = None
    usage_limit: str | None = None

    def __post_init__(self) -> None:
        LineSearch(self.phone_prefix)

    def finds(self, phone_number: str, group: str | None, usage_limit: str | None) -> bool:
        """Whether a line with this number, group code and limit code is meant."""
        return (
            phone_number.startswith(self.phone_prefix or "")
            and (not self.group or self.group == (group or NONE))
            and (not self.usage_limit or self.usage_limit == (usage_limit or NONE))
        )
