"""The lines of a contract as a file, part by part."""

from itertools import pairwise
from typing import Any

from pydantic_core import to_jsonable_python

from chassis import clock, sealing
from chassis.answers import WithText
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Forbidden, Invalid
from chassis.paging import decode_cursor, encode_cursor
from chassis.sealing import FieldCipher
from services.contracts import lines_store, password_store
from services.contracts.display import visible
from services.contracts.events import Audited
from services.contracts.lines_store import Cells, Hits
from services.contracts.passwords import Purpose, decrypt
from services.contracts.searching import LineSearch
from services.contracts.settings import Settings
from services.contracts.usecases.inquiry import LINE_COLUMNS, contract_of, last_number, page_of_lines
from services.contracts.viewing import Whose

LARGEST_PART = 15_000
"""Numbers of lines that one part may go over. Its text is some 130 bytes a line."""

FIRST_PART = 2_000
"""The first part is smaller, because nothing is sent before it is there."""


def export_lines(
    uow: UnitOfWork,
    settings: Settings,
    customer: Whose,
    code: str,
    search: LineSearch,
    cells: Cells,
    cursor: str | None,
    limit: int,
) -> WithText:
    """`{"columns", "text", "lines", "cursors"}`: a part of all hits, however many they are, as rows of CSV.

    Without a cursor it is the first part, and `cursors` has those of all other parts in order; they can be asked for
    ahead and at once. A part goes over `limit` numbers of the contract at most. A line keeps its number, so that the
    parts neither repeat nor miss one while others change the contract; lines registered meanwhile are left out.

    `text` has CRLF behind each row and every cell in quotes, `columns` are those that the contract's plan shows.
    Raises NotFound("contract.unknown"), Invalid("page.bad_cursor").
    """
    contract = contract_of(uow, customer, code)
    columns = list(visible(dict.fromkeys(LINE_COLUMNS), contract.display_plan, settings.basic_plan_hides))
    hits = Hits(contract, search, clock.today())
    if cursor:
        (after, through), others = _range(cursor), []
    else:
        highest = lines_store.highest_number(uow.session, contract)
        bounds = [0, *range(min(limit, FIRST_PART), highest, limit), highest]
        (after, through), *rest = pairwise(bounds) if highest else [(0, 0)]
        others = [encode_cursor(list(part)) for part in rest]
    text, lines = lines_store.as_csv(uow.session, hits, columns, after, through, cells)
    return WithText({"columns": columns, "lines": lines, "cursors": others}, text)


def export_lines_in_clear(
    uow: UnitOfWork,
    settings: Settings,
    caller: Caller,
    code: str,
    search: LineSearch,
    cursor: str | None,
    limit: int,
    answer_key: str,
) -> dict[str, Any]:
    """`{"sealed": {"items", "next_cursor"}}`: the next hits by number with their passwords, for the caller's one-time
    key.

    Raises NotFound("contract.unknown"), Invalid("page.bad_cursor"), Forbidden("line_password.hidden").
    """
    contract = contract_of(uow, caller.customer, code)
    purposes: tuple[Purpose, ...] = ("line_password", "addon_password")
    if not visible(dict.fromkeys(purposes), contract.display_plan, settings.basic_plan_hides):
        raise Forbidden("line_password.hidden")
    hits = Hits(contract, search, clock.today())
    page = page_of_lines(uow, settings, hits, "number", last_number(cursor, "number"), limit)
    items = page["items"]
    stored = password_store.passwords_of(uow.session, contract, [item["number"] for item in items])
    cipher = FieldCipher(settings.field_keys)
    for item in items:
        for purpose, token in zip(purposes, stored[item["number"]], strict=True):
            if purpose in item:
                item[purpose] = decrypt(cipher, item["phone_number"], purpose, token) if token else ""
    answer = {"sealed": sealing.seal_answer(to_jsonable_python(page), answer_key)}
    uow.emit(Audited.by(caller, "line_password.exported", code, {"lines": len(items)}))
    uow.commit()
    return answer


def _range(cursor: str) -> tuple[int, int]:
    match decode_cursor(cursor):
        case [int(after), int(through)] if 0 <= after < through <= after + LARGEST_PART and through < 2**31:
            return after, through
    raise Invalid("page.bad_cursor")
