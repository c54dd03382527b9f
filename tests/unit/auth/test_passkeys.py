"""Passkeys: the site they are for, and answers that no authenticator has given."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.passkeys import Passkey, Refused, Site, count_after, credential_id, registered

SITE = Site.at("https://portal.example:8443", "Minato Telecom")
HELD = Passkey("aWQ", "a2V5", 0)
CHALLENGE = "Y2hhbGxlbmdl"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
BYTES = st.binary(max_size=80).map(lambda value: value.hex())
RESPONSES = st.fixed_dictionaries(
    {},
    optional={
        "clientDataJSON": BYTES | JSON,
        "attestationObject": BYTES | JSON,
        "authenticatorData": BYTES | JSON,
        "signature": BYTES | JSON,
    },
)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.just("aWQ") | JSON,
        "rawId": st.just("aWQ") | JSON,
        "type": st.just("public-key") | JSON,
        "response": RESPONSES | JSON,
    },
)


def test_the_host_and_the_origin_follow_from_the_sites_address() -> None:
    assert (SITE.host, SITE.origin) == ("portal.example", "https://portal.example:8443")


@given(ANSWERS)
def test_whatever_a_browser_sends_is_refused_and_no_defect(sent: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        registered(SITE, CHALLENGE, sent)
    assert refused.value.reason == "wrong"
    with pytest.raises(Refused) as refused:
        count_after(SITE, CHALLENGE, HELD, sent)
    assert refused.value.reason == "wrong"


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        ({"id": "aWQ_-9"}, "aWQ_-9"),
        ({"id": "x" * 1364}, "x" * 1364),
        ({"id": "x" * 1365}, None),
        ({"id": ""}, None),
        ({"id": "a\x00"}, None),
        ({"id": "aWQ="}, None),
        ({"id": 7}, None),
        ({"id": ["aWQ"]}, None),
        ({}, None),
    ],
)
def test_an_answer_names_its_credential_in_base64url(answer: dict[str, Any], named: str | None) -> None:
    assert credential_id(answer) == named
