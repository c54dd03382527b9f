"""What a file of wished choices would change, held against what the lines of the contract have."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple

from services.contracts.bulk_rows import ChoiceRow
from services.contracts.chosen_line import ChosenLine
from services.contracts.pair_rules import is_050, is_mobile

Kind = Literal["added", "changed", "released"]


class Chosen(NamedTuple):
    """What a line has or is to have; blank is nothing."""

    mobile_number: str
    group_code: str
    limit_code: str


@dataclass(frozen=True)
class Change:
    """A line that is to have something else. `kind` is added or released where the mobile number comes or goes."""

    row: int
    phone_number: str
    before: Chosen
    after: Chosen

    @property
    def kind(self) -> Kind:
        if not self.before.mobile_number and self.after.mobile_number:
            return "added"
        if self.before.mobile_number and not self.after.mobile_number:
            return "released"
        return "changed"

    def described(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "kind": self.kind,
            "phone_number": self.phone_number,
            "before": self.before._asdict(),
            "after": self.after._asdict(),
        }


@dataclass(frozen=True)
class Present:
    """What the database has of all that a file may speak of.

    `lines` are those of the contract by number, `holders` the lines in service, of whatever customer, that have one of
    the wished mobile numbers; `groups` and `limits` the codes that exist.
    """

    lines: Mapping[str, ChosenLine]
    holders: Mapping[str, str]
    groups: Collection[str]
    limits: Collection[str]
    today: date


@dataclass
class Difference:
    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        counts = {"added": 0, "changed": 0, "released": 0, "unchanged": self.unchanged}
        for change in self.changes:
            counts[change.kind] += 1
        return counts


def difference(rows: Sequence[tuple[int, ChoiceRow]], present: Present) -> Difference:
    """What `rows` (row number, row) would change. No two of them are of the same line.

    Errors are bulk.line_unknown, bulk.terminated, bulk.group_unknown, bulk.limit_unknown, and of a mobile number that
    is to be another one: bulk.not_ip_phone, bulk.mobile_format, bulk.mobile_paired; import.mobile_twice (first_row).
    A line may take the number of another one that loses it by the same file.
    """
    found = Difference()
    wished = {row.phone_number: row.mobile_number for _, row in rows if row.phone_number in present.lines}
    first_rows: dict[str, int] = {}
    for number, row in rows:
        line = present.lines.get(row.phone_number)
        errors: list[dict[str, Any]] = []
        if line is None:
            errors.append({"field": "phone_number", "code": "bulk.line_unknown"})
        elif not line.in_service(present.today):
            errors.append({"field": "phone_number", "code": "bulk.terminated"})
        else:
            before, after = chosen(line), Chosen(row.mobile_number, row.group_code, row.limit_code)
            if after.mobile_number:
                first = first_rows.setdefault(after.mobile_number, number)
                if first != number:
                    twice = {"field": "mobile_number", "code": "import.mobile_twice", "first_row": first}
                    errors.append(twice)
                elif after.mobile_number != before.mobile_number:
                    errors += _mobile_errors(row, wished, present.holders)
            if row.group_code and row.group_code not in present.groups:
                errors.append({"field": "group_code", "code": "bulk.group_unknown"})
            if row.limit_code and row.limit_code not in present.limits:
                errors.append({"field": "limit_code", "code": "bulk.limit_unknown"})
            if not errors and before == after:
                found.unchanged += 1
            elif not errors:
                found.changes.append(Change(number, row.phone_number, before, after))
        found.errors += ({"row": number, **error} for error in errors)
    return found


def chosen(line: ChosenLine) -> Chosen:
    return Chosen(line.mobile_number or "", line.group_code or "", line.limit_code or "")


def fingerprint(rows: Sequence[tuple[int, ChoiceRow]], lines: Mapping[str, ChosenLine]) -> str:
    """Stands for what all lines of the file have and what they are to have: the difference, and nothing besides."""
    facts = sorted(
        [
            row.phone_number,
            *chosen(lines[row.phone_number]),
            row.mobile_number,
            row.group_code,
            row.limit_code,
        ]
        for _, row in rows
        if row.phone_number in lines
    )
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _mobile_errors(
    row: ChoiceRow, wished: Mapping[str, str], holders: Mapping[str, str]
) -> list[dict[str, Any]]:
    holder = holders.get(row.mobile_number)
    if not is_050(row.phone_number):
        return [{"field": "mobile_number", "code": "bulk.not_ip_phone"}]
    if not is_mobile(row.mobile_number):
        return [{"field": "mobile_number", "code": "bulk.mobile_format"}]
    if holder is not None and wished.get(holder, row.mobile_number) == row.mobile_number:
        return [{"field": "mobile_number", "code": "bulk.mobile_paired"}]
    return []
