"""Heads of a table that is sorted by links on them. A sort is a column, or `-` and a column for the other way round."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Direction = Literal["ascending", "descending"]


@dataclass(frozen=True)
class Head:
    """`url` sorts by this column, or the other way round if the table is sorted by it; None: nobody sorts by it."""

    title: Any
    url: str | None
    direction: Direction | None


def heads(
    titles: Mapping[str, Any], sort: str, fixed: Collection[str], link: Callable[[str], str]
) -> dict[str, Head]:
    """A head for each column of `titles`; `fixed` are those that are not sorted by. `link` makes the address of a
    sort, which begins at the first page.
    """
    return {
        column: Head(
            title,
            None if column in fixed else link(f"-{column}" if sort == column else column),
            _direction(column, sort),
        )
        for column, title in titles.items()
    }


def _direction(column: str, sort: str) -> Direction | None:
    if sort.removeprefix("-") != column:
        return None
    return "descending" if sort.startswith("-") else "ascending"
