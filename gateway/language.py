"""Which language an answer is in: Japanese, the source of all texts, or English."""

from flask import Flask, g, request
from flask_babel import Babel, get_locale, refresh
from werkzeug.wrappers import Response

from gateway import cookies

LANGUAGES = ("ja", "en")
COOKIE = "kaisen_language"
_YEAR = 365 * 24 * 3600


def init_app(app: Flask) -> None:
    Babel(app, default_locale="ja", default_timezone="Asia/Tokyo", locale_selector=_select)


def current() -> str:
    """ "ja" or "en": the language of the answer being made."""
    return str(get_locale().language)


def requested() -> str:
    """The language that the request itself asks for, whoever sends it."""
    return _chosen() or _accepted() or "ja"


def follow_account(language: str) -> None:
    """From here on the account's language counts as well."""
    g.account_language = language
    refresh()


def remember(response: Response, language: str) -> None:
    """Keep the reader's choice in this browser for a year."""
    response.set_cookie(
        COOKIE, language, max_age=_YEAR, secure=cookies.secure(), httponly=True, samesite="Lax"
    )


def _select() -> str:
    account = g.get("account_language")
    if request.path.startswith("/api/") and _accepted():
        # An API client states the language it wants; a browser sends its default with every page.
        return requested()
    return _chosen() or (account if account in LANGUAGES else None) or requested()


def _chosen() -> str | None:
    value = request.cookies.get(COOKIE)
    return value if value in LANGUAGES else None


def _accepted() -> str | None:
    return request.accept_languages.best_match(LANGUAGES)
