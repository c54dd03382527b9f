"""Pages for people: the clock with its buttons, and the mailbox; in Japanese or English."""

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox.clock import JAPAN, Clock
from sandbox.inputs import Refusal
from sandbox.mail import Mailbox
from sandbox.texts import TEXTS

STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
# A page of thousands of letters helps nobody; the JSON has them all.
SHOWN = 100


def blueprint(clock: Clock, mailbox: Mailbox) -> Blueprint:
    routes = Blueprint("pages", __name__)

    @routes.url_defaults
    def keep_language(endpoint: str, values: dict[str, Any]) -> None:
        values.setdefault("lang", _language())

    @routes.get("/sandbox/")
    def index() -> ResponseReturnValue:
        return render_template("index.html", **_common(), **_clock_state(clock))

    @routes.post("/sandbox/")
    def move_clock() -> ResponseReturnValue:
        try:
            _move(clock, request.form)
        except (Refusal, ValueError):
            return render_template("index.html", refused=True, **_common(), **_clock_state(clock)), 422
        return redirect(url_for("pages.index"), 303)

    @routes.get("/sandbox/mailbox")
    def letters() -> ResponseReturnValue:
        to = request.args.get("to", "").strip()
        found = mailbox.letters(to or None)
        newest = [
            letter | {"received_at": _japanese_time(datetime.fromisoformat(letter["received_at"]))}
            for letter in found[: -SHOWN - 1 : -1]
        ]
        return render_template("mailbox.html", to=to, letters=newest, total=len(found), **_common())

    @routes.post("/sandbox/mailbox")
    def empty() -> ResponseReturnValue:
        mailbox.empty()
        return redirect(url_for("pages.letters"), 303)

    return routes


def _move(clock: Clock, form: Any) -> None:
    if form.get("step") in STEPS:
        clock.advance(STEPS[form["step"]])
    elif "reset" in form:
        clock.reset()
    else:
        # The browser's field has no time zone; the page says that it is Japan's.
        clock.set(datetime.fromisoformat(form.get("now", "")).replace(tzinfo=JAPAN))


def _language() -> str:
    asked = request.args.get("lang")
    return asked if asked in TEXTS else request.accept_languages.best_match(TEXTS, default="ja") or "ja"


def _common() -> dict[str, Any]:
    language = _language()
    return {"language": language, "t": TEXTS[language]}


def _clock_state(clock: Clock) -> dict[str, Any]:
    now, offset = clock.now(), clock.offset
    days, seconds = divmod(abs(round(offset.total_seconds())), 86_400)
    return {
        "now": _japanese_time(now),
        "now_field": now.astimezone(JAPAN).strftime("%Y-%m-%dT%H:%M"),
        "moved": bool(offset),
        "sign": "-" if offset < timedelta(0) else "+",
        "days": days,
        "time": str(timedelta(seconds=seconds)),
    }


def _japanese_time(instant: datetime) -> str:
    return instant.astimezone(JAPAN).strftime("%Y-%m-%d %H:%M:%S")
