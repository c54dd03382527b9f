"""Which language an answer is in."""

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from gateway import language

TITLES = {"ja": "見つかりません", "en": "Not found"}


def _api_language(client: FlaskClient, accept: str | None) -> str:
    headers = {} if accept is None else {"Accept-Language": accept}
    title = client.get("/api/v1/nothing", headers=headers).get_json()["title"]
    return next(name for name, text in TITLES.items() if text == title)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "ja"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("fr", "ja"),
        ("fr,en;q=0.5,ja;q=0.4", "en"),
        ("*", "ja"),
    ],
)
def test_an_api_answer_is_in_the_accepted_language(
    client: FlaskClient, accept: str | None, expected: str
) -> None:
    assert _api_language(client, accept) == expected


def test_the_chosen_language_goes_before_the_accepted_one(client: FlaskClient) -> None:
    client.set_cookie(language.COOKIE, "ja")
    assert _api_language(client, "en") == "ja"


def test_a_made_up_choice_is_no_choice(client: FlaskClient) -> None:
    client.set_cookie(language.COOKIE, "xx")
    assert _api_language(client, "en") == "en"


@pytest.mark.parametrize(
    ("path", "accept", "cookie", "expected"),
    [
        ("/", "ja", None, "en"),  # a page: the account's language
        ("/", "en", "ja", "ja"),  # but what the reader has chosen here goes before it
        ("/api/v1/sims", None, None, "en"),
        ("/api/v1/sims", "ja", None, "ja"),  # an API client says what it wants
    ],
)
def test_the_accounts_language_counts_once_it_is_known(
    app: APIFlask, path: str, accept: str | None, cookie: str | None, expected: str
) -> None:
    headers = {"Accept-Language": accept} if accept else {}
    if cookie:
        headers["Cookie"] = f"{language.COOKIE}={cookie}"
    with app.test_request_context(path, headers=headers):
        language.current()
        language.follow_account("en")
        assert language.current() == expected
