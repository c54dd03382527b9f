"""Lists of telephone numbers (加入番号) that a customer hands in for a share group: reading and judging them.

A list is `Row`s: the position that a person finds a value at, counted from 1, and the value as it was handed in.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.sim.msisdns import is_number, plain

Row = tuple[int, str]

MALFORMED = "share.number_malformed"
UNHYPHENATED = "share.number_unhyphenated"
DUPLICATE = "share.number_duplicate"
UNKNOWN = "share.number_unknown"
NOT_ACTIVE = "share.number_not_active"
GROUPED = "share.number_grouped"

MOST_REPORTED = 1000
_LONGEST_SHOWN = 40

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass
class Numbers:
    """The numbers of a list, as digits, with their positions; `problems` has what is wrong, by position."""

    rows: dict[str, Row] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, row: Row, code: str, **more: Any) -> None:
        position, value = row
        self.problems.append({"row": position, "value": value[:_LONGEST_SHOWN], "code": code, **more})

    def reported(self) -> dict[str, Any]:
        """{"errors", "error_count"}: the first problems by position, and how many there are."""
        ordered = sorted(self.problems, key=lambda each: each["row"])
        return {"errors": ordered[:MOST_REPORTED], "error_count": len(ordered)}


def lines_of(text: str) -> list[Row]:
    """The values of a file: one a line, in double quotes or not; blank lines are skipped, but counted."""
    found = []
    for position, line in enumerate(_LINE_END.split(text.removeprefix("\ufeff")), 1):
        value = line.strip(" \t\u3000")
        if len(value) >= 2 and value[0] == value[-1] == '"':
            value = value[1:-1].strip(" \t\u3000")
        if value:
            found.append((position, value))
    return found


def written(rows: Iterable[Row]) -> Numbers:
    """The numbers that are written as they must be, each once; the other rows are refused."""
    numbers = Numbers()
    for row in rows:
        digits = plain(row[1])
        if digits is None:
            numbers.refuse(row, UNHYPHENATED if is_number(row[1]) else MALFORMED)
        elif digits in numbers.rows:
            numbers.refuse(row, DUPLICATE, first_row=numbers.rows[digits][0])
        else:
            numbers.rows[digits] = row
    return numbers


def judge(
    numbers: Numbers, statuses: Mapping[str, str], members: Collection[str], elsewhere: Collection[str]
) -> None:
    """Refuse the numbers that cannot be in the group.

    `statuses` has the customer's numbers with the status of their SIM, `members` are those in the group already,
    `elsewhere` those in another one. Whoever is a member may stay with any status but that of a terminated SIM.
    """
    for digits, row in numbers.rows.items():
        status = statuses.get(digits)
        if status is None:
            numbers.refuse(row, UNKNOWN)
        elif status == "terminated" or (status != "active" and digits not in members):
            numbers.refuse(row, NOT_ACTIVE)
        elif digits in elsewhere:
            numbers.refuse(row, GROUPED)


@dataclass(frozen=True)
class Difference:
    """What a list changes of the members of a group; each part in the order of its source."""

    added: Sequence[str]
    removed: Sequence[str]
    unchanged: Sequence[str]


def difference(members: Sequence[str], wanted: Sequence[str]) -> Difference:
    before, after = set(members), set(wanted)
    return Difference(
        added=[each for each in wanted if each not in before],
        removed=[each for each in members if each not in after],
        unchanged=[each for each in wanted if each in before],
    )
