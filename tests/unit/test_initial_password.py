"""Passwords that administrators hand out."""

import re

from gateway.initial_password import new_initial_password


def test_an_initial_password_is_easy_to_read_out_and_hard_to_guess() -> None:
    made = {new_initial_password() for _ in range(1000)}
    assert len(made) == 1000
    assert all(re.fullmatch(r"([a-hjkmnp-z2-9]{4}-){4}[a-hjkmnp-z2-9]{4}", one) for one in made)
    letters = set("".join(made)) - {"-"}
    assert len(letters) ** 20 > 2**99
