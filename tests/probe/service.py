from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from pydantic import BaseModel
from sqlalchemy import text

from chassis import clock, errors, idempotency
from chassis.answers import WithText
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.events import Event
from chassis.inbox import on_event
from chassis.jobs import job
from chassis.rpc import PUBLIC, rpc
from chassis.service import Database

READERS = frozenset({"reader"})


@dataclass(frozen=True)
class NoteTaken(Event):
    type: ClassVar[str] = "probe.note_taken"
    text: str


class HeardNote(BaseModel):
    text: str


class Service:
    name = "probe"
    uow = Database()

    @rpc(PUBLIC)
    def echo(self, _caller: Caller, *, number: int, day: date | None = None) -> dict[str, Any]:
        return {"number": number, "day": day}

    @rpc(PUBLIC)
    def write(self, _caller: Caller, *, text: str, day: date) -> WithText:
        return WithText({"day": day, "length": len(text)}, text)

    @rpc(PUBLIC, sealed=("secret",))
    def length(self, _caller: Caller, *, secret: str) -> int:
        return len(secret)

    @rpc(READERS)
    def who(self, caller: Caller) -> Caller:
        return caller

    @rpc(PUBLIC)
    def refuse(self, _caller: Caller) -> None:
        raise errors.Conflict("probe.refused", because="it always does")

    @rpc(PUBLIC)
    def break_down(self, _caller: Caller) -> None:
        raise RuntimeError("a defect with canary-4711 in its message")

    @rpc(PUBLIC)
    def now(self, _caller: Caller) -> datetime:
        return clock.now()

    @rpc(PUBLIC)
    def pause(self, _caller: Caller, *, seconds: float) -> None:
        with self.uow() as uow:
            uow.session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": seconds})

    @rpc(PUBLIC)
    def take_note(self, _caller: Caller, *, note: str, commit: bool = True) -> None:
        with self.uow() as uow:
            uow.session.execute(text("INSERT INTO note VALUES (:note)"), {"note": note})
            uow.emit(NoteTaken(note))
            if commit:
                uow.commit()

    @rpc(PUBLIC)
    def take_note_and_pause(self, _caller: Caller, *, note: str, seconds: float) -> None:
        with self.uow() as uow:
            uow.session.execute(text("INSERT INTO note VALUES (:note)"), {"note": note})
            uow.commit()
            uow.session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": seconds})

    @rpc(PUBLIC)
    def take_note_once(self, _caller: Caller, *, note: str, key: str) -> dict[str, Any]:
        def action() -> dict[str, Any]:
            uow.session.execute(text("INSERT INTO note VALUES (:note)"), {"note": note})
            return {"noted": note}

        with self.uow() as uow:
            answer, repeated = idempotency.once(uow, "probe", key, {"note": note}, action)
            uow.commit()
        return {**answer, "repeated": repeated}

    @job(every=0.1)
    def take_away_notes(self) -> None:
        with self.uow() as uow:
            if uow.session.scalar(text("SELECT 1 FROM obstacle WHERE text = 'the job'")):
                raise RuntimeError("there is an obstacle")
            uow.session.execute(text("DELETE FROM note WHERE text LIKE 'for the job %'"))
            uow.commit()

    @on_event("probe.note_taken")
    def on_note_taken(self, uow: UnitOfWork, event: HeardNote) -> None:
        uow.session.execute(text("INSERT INTO heard VALUES (:text)"), {"text": event.text})
        if uow.session.scalar(text("SELECT 1 FROM obstacle WHERE text = :text"), {"text": event.text}):
            raise RuntimeError("there is an obstacle")
