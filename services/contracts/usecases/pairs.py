"""モバイルチョイス050登録 and 解除: pairing 050 numbers with mobile numbers, and undoing it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError

from chassis import clock
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Conflict, Invalid, KaisenError, NotFound
from chassis.idempotency import once
from chassis.paging import decode_cursor, encode_cursor
from services.contracts import choice_store, pair_store
from services.contracts.chosen_line import ChosenLine
from services.contracts.events import Audited
from services.contracts.pair_rules import is_050, is_mobile
from services.contracts.pair_store import PairSearch

Problem = dict[str, Any]


@dataclass(frozen=True)
class Pair:
    """A 050 number and the mobile number that belongs to it."""

    phone_number: str
    mobile_number: str


def list_pairs(
    uow: UnitOfWork, caller: Caller, search: PairSearch, cursor: str | None, limit: int
) -> dict[str, Any]:
    """`{"total", "items", "next_cursor"}`: the customer's lines in service that have a mobile number, by their number.

    Raises Invalid("page.bad_cursor"), Invalid("lines.prefix_not_digits").
    """
    if search.digits and not (search.digits.isascii() and search.digits.isdigit()):
        code = "lines.prefix_not_digits"
        raise Invalid(code, errors=[{"pointer": "digits", "code": code}])
    after = _last_number(cursor)
    today = clock.today()
    found = pair_store.page(uow.session, caller.customer, today, search, after, limit + 1)
    shown = found[:limit]
    return {
        "total": pair_store.count(uow.session, caller.customer, today, search),
        "items": [
            {"contract_code": contract, "phone_number": phone, "mobile_number": mobile}
            for contract, phone, mobile in shown
        ],
        "next_cursor": encode_cursor([shown[-1][1]]) if len(found) > limit else None,
    }


def check_pairs(uow: UnitOfWork, caller: Caller, pairs: Sequence[Pair]) -> None:
    """Nothing if `register` would do it now, else what it raises."""
    _registrable(uow, caller, pairs, lock=False)


def register(uow: UnitOfWork, caller: Caller, pairs: Sequence[Pair], key: str) -> dict[str, Any]:
    """Pair all of them or none: `{"items": […]}`, the pairs. The same key again gets the same answer.

    All problems are under `details["errors"]`, each with the pointer `pairs/<index>/<field>`. Raises Invalid with
    pair.phone_format, pair.mobile_format or pair.twice; NotFound("pair.line_unknown"); Conflict with pair.terminated,
    pair.line_paired or pair.mobile_paired.
    """

    def pair() -> dict[str, Any]:
        lines = _registrable(uow, caller, pairs, lock=True)
        wishes = {lines[one.phone_number].line_id: one.mobile_number for one in pairs}
        try:
            choice_store.set_mobile_numbers(uow.session, dict(wishes), clock.today())
        except IntegrityError:  # somebody else's line has just got one of them
            raise Conflict("pair.mobile_paired") from None
        _tell(uow, caller, "pair.registered", [lines[one.phone_number] for one in pairs])
        return {"items": [_shown(lines[one.phone_number], one.mobile_number) for one in pairs]}

    return _once(uow, caller, "register_pairs", key, [asdict(one) for one in pairs], pair)


def check_releases(uow: UnitOfWork, caller: Caller, numbers: Sequence[str]) -> dict[str, Any]:
    """`{"items": […]}`: the pairs that `release` would undo now, else what it raises."""
    lines = _releasable(uow, caller, numbers, lock=False)
    return {"items": [_shown(lines[number], lines[number].mobile_number) for number in numbers]}


def release(uow: UnitOfWork, caller: Caller, numbers: Sequence[str], key: str) -> dict[str, Any]:
    """Undo the pairs of all these 050 numbers or of none: `{"items": […]}`, what they were.

    Raises like `register`, with the pointer `phone_numbers/<index>`: Invalid with pair.twice,
    NotFound("pair.line_unknown"), Conflict with pair.terminated or pair.not_paired.
    """

    def undo() -> dict[str, Any]:
        lines = _releasable(uow, caller, numbers, lock=True)
        wishes = dict.fromkeys(lines[number].line_id for number in numbers)
        choice_store.set_mobile_numbers(uow.session, wishes, clock.today())
        _tell(uow, caller, "pair.released", [lines[number] for number in numbers])
        return {"items": [_shown(lines[number], lines[number].mobile_number) for number in numbers]}

    return _once(uow, caller, "release_pairs", key, list(numbers), undo)


def _registrable(
    uow: UnitOfWork, caller: Caller, pairs: Sequence[Pair], *, lock: bool
) -> dict[str, ChosenLine]:
    problems: list[Problem] = []
    phones: set[str] = set()
    mobiles: set[str] = set()
    for index, pair in enumerate(pairs):
        phone, mobile = f"pairs/{index}/phone_number", f"pairs/{index}/mobile_number"
        if not is_050(pair.phone_number):
            problems.append({"pointer": phone, "code": "pair.phone_format"})
        elif pair.phone_number in phones:
            problems.append({"pointer": phone, "code": "pair.twice"})
        if not is_mobile(pair.mobile_number):
            problems.append({"pointer": mobile, "code": "pair.mobile_format"})
        elif pair.mobile_number in mobiles:
            problems.append({"pointer": mobile, "code": "pair.twice"})
        phones.add(pair.phone_number)
        mobiles.add(pair.mobile_number)
    _raise(Invalid, problems)
    lines = choice_store.find_lines(uow.session, caller.customer, phones, lock=lock)
    holders = choice_store.holders(uow.session, mobiles, clock.today())
    for index, pair in enumerate(pairs):
        line = _serving(problems, f"pairs/{index}/phone_number", lines.get(pair.phone_number))
        if line is not None and line.mobile_number is not None:
            problems.append({"pointer": f"pairs/{index}/phone_number", "code": "pair.line_paired"})
        elif pair.mobile_number in holders:
            problems.append({"pointer": f"pairs/{index}/mobile_number", "code": "pair.mobile_paired"})
    _raise(Conflict, problems)
    return lines


def _releasable(
    uow: UnitOfWork, caller: Caller, numbers: Sequence[str], *, lock: bool
) -> dict[str, ChosenLine]:
    problems = [
        {"pointer": f"phone_numbers/{index}", "code": "pair.twice"}
        for index, number in enumerate(numbers)
        if number in numbers[:index]
    ]
    _raise(Invalid, problems)
    lines = choice_store.find_lines(uow.session, caller.customer, numbers, lock=lock)
    for index, number in enumerate(numbers):
        pointer = f"phone_numbers/{index}"
        line = _serving(problems, pointer, lines.get(number))
        if line is not None and line.mobile_number is None:
            problems.append({"pointer": pointer, "code": "pair.not_paired"})
    _raise(Conflict, problems)
    return lines


def _serving(problems: list[Problem], pointer: str, line: ChosenLine | None) -> ChosenLine | None:
    if line is None:
        problems.append({"pointer": pointer, "code": "pair.line_unknown"})
    elif not line.in_service(clock.today()):
        problems.append({"pointer": pointer, "code": "pair.terminated"})
    else:
        return line
    return None


def _raise(kind: type[KaisenError], problems: list[Problem]) -> None:
    """Raise the first problem with all of them beside it; a number that is not the customer's is simply not there."""
    if problems:
        first = problems[0]["code"]
        raise (NotFound if first == "pair.line_unknown" else kind)(first, errors=problems)


def _once(
    uow: UnitOfWork, caller: Caller, method: str, key: str, wish: Any, action: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    answer, _ = once(uow, f"{method}/{caller.customer}/{caller.subject}", key, {"wish": wish}, action)
    uow.commit()
    return answer


def _tell(uow: UnitOfWork, caller: Caller, action: str, lines: Sequence[ChosenLine]) -> None:
    choice_store.tell(uow, (line.line_id for line in lines))
    uow.emit(*(Audited.by(caller, action, line.phone_number, {}) for line in lines))


def _shown(line: ChosenLine, mobile_number: str | None) -> dict[str, Any]:
    return {
        "contract_code": line.contract_code,
        "phone_number": line.phone_number,
        "mobile_number": mobile_number,
    }


def _last_number(cursor: str | None) -> str:
    if not cursor:
        return ""
    match decode_cursor(cursor):
        case [str(number)] if number.isascii() and number.isdigit():
            return number
    raise Invalid("page.bad_cursor")
