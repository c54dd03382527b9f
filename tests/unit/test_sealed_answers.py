"""Answers that only the caller can open."""

import json

import pytest
from joserfc.jwk import OKPKey

from chassis import sealing
from chassis.errors import Invalid


def test_an_answer_opens_with_the_private_key_of_its_one_time_key() -> None:
    public, private = sealing.one_time_key()
    value = {"line_password": "fVFZ29", "addon_password": None}
    token = sealing.seal_answer(value, public)
    assert "fVFZ29" not in token
    assert sealing.unseal(token, private) == value


def test_a_one_time_key_is_another_each_time_and_sends_no_private_part() -> None:
    (one, private), (other, _) = sealing.one_time_key(), sealing.one_time_key()
    assert one != other
    assert "d" not in json.loads(one)
    with pytest.raises(Invalid):
        sealing.unseal(sealing.seal_answer("x", other), private)


@pytest.mark.parametrize(
    "key",
    ["", "null", "{}", "[]", "rubbish", json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=False))],
    ids=["empty", "null", "object", "list", "rubbish", "signing-key"],
)
def test_a_key_that_seals_nothing_is_refused(key: str) -> None:
    with pytest.raises(Invalid) as refused:
        sealing.seal_answer("x", key)
    assert refused.value.code == "request.unsealable"
