"""What an import would change: its rows held against what is stored."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from services.contracts.imports import ImportRow

R = TypeVar("R", bound=ImportRow)


@dataclass
class Changes(Generic[R]):
    """Rows to store, in the order of the file; each update with the stored record that it changes."""

    created: list[R] = field(default_factory=list)
    updated: list[tuple[R, Any]] = field(default_factory=list)
    unchanged: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)


def compare(rows: Iterable[tuple[int, R]], stored: Mapping[str, Any], owners: Collection[str]) -> Changes[R]:
    """Sort `rows` (row number, row) into new, changed and unchanged ones.

    `stored` maps keys to records with attributes named like the file's columns; `owners` are the codes of the
    owners that exist. An owner that does not exist is import.unknown_customer or import.unknown_contract,
    another owner than the stored one import.key_conflict.
    """
    changes: Changes[R] = Changes()
    for number, row in rows:
        known = stored.get(getattr(row, row.KEY))
        if row.OWNER is not None:
            owner = getattr(row, row.OWNER)
            if owner not in owners:
                code = f"import.unknown_{row.OWNER.removesuffix('_code')}"
                changes.errors.append({"row": number, "field": row.OWNER, "code": code})
                continue
            if known is not None and getattr(known, row.OWNER) != owner:
                changes.errors.append({"row": number, "field": row.OWNER, "code": "import.key_conflict"})
                continue
        if known is None:
            changes.created.append(row)
        elif any(getattr(known, name) != getattr(row, name) for name in row.DESCRIPTIVE):
            changes.updated.append((row, known))
        else:
            changes.unchanged += 1
    return changes
