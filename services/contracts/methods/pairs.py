"""Pairs of 050 numbers and mobile numbers (モバイルチョイス050登録・解除)."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import rpc
from services.contracts.pair_store import PairSearch
from services.contracts.permissions import READ
from services.contracts.usecases import pairs as usecase
from services.contracts.usecases.pairs import Pair

Text = Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")]  # the database refuses a NUL in any text
Pairs = Annotated[list[Pair], Field(min_length=1, max_length=100)]
Numbers = Annotated[list[Text], Field(min_length=1, max_length=100)]
Key = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[!-~]+$")]


class PairMethods:
    uow: Callable[[], UnitOfWork]

    @rpc(READ)
    def list_pairs(
        self,
        caller: Caller,
        *,
        digits: Text | None = None,
        phone_numbers: Numbers | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Field(ge=1, le=100)] = 50,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return usecase.list_pairs(uow, caller, PairSearch(digits or "", phone_numbers), cursor, limit)

    @rpc(READ)
    def check_pairs(self, caller: Caller, *, pairs: Pairs) -> None:
        with self.uow() as uow:
            usecase.check_pairs(uow, caller, pairs)

    @rpc(READ)
    def register_pairs(self, caller: Caller, *, pairs: Pairs, idempotency_key: Key) -> dict[str, Any]:
        with self.uow() as uow:
            return usecase.register(uow, caller, pairs, idempotency_key)

    @rpc(READ)
    def check_releases(self, caller: Caller, *, phone_numbers: Numbers) -> dict[str, Any]:
        with self.uow() as uow:
            return usecase.check_releases(uow, caller, phone_numbers)

    @rpc(READ)
    def release_pairs(
        self, caller: Caller, *, phone_numbers: Numbers, idempotency_key: Key
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return usecase.release(uow, caller, phone_numbers, idempotency_key)
