"""The order of the steps of a login."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.stages import Stage, after_password, next_after

CODE, FACTOR, PASSWORD, ENROL, NONE = (
    Stage.CODE,
    Stage.FACTOR,
    Stage.PASSWORD,
    Stage.ENROL,
    Stage.NONE,
)
flags = st.booleans()


@pytest.mark.parametrize(
    ("asks_code", "has_factor", "must_change", "must_enrol", "stages"),
    [
        (True, False, False, False, (CODE,)),
        (False, False, False, False, ()),
        (False, True, False, False, (FACTOR,)),
        (False, False, True, False, (PASSWORD,)),
        (False, False, False, True, (ENROL,)),
        (False, True, True, False, (FACTOR, PASSWORD)),
        (False, False, True, True, (PASSWORD, ENROL)),
        (False, True, False, True, (FACTOR,)),
        (False, True, True, True, (FACTOR, PASSWORD)),
    ],
)
def test_which_stages_follow_a_right_password(
    asks_code: bool, has_factor: bool, must_change: bool, must_enrol: bool, stages: tuple[Stage, ...]
) -> None:
    found = after_password(
        asks_code=asks_code, has_factor=has_factor, must_change=must_change, must_enrol=must_enrol
    )
    assert found == stages


@given(flags, flags, flags, flags)
def test_a_login_passes_every_stage_once_and_in_order(
    asks_code: bool, has_factor: bool, must_change: bool, must_enrol: bool
) -> None:
    wanted = after_password(
        asks_code=asks_code, has_factor=has_factor, must_change=must_change, must_enrol=must_enrol
    )
    passed = []
    stage = next_after(NONE, wanted)
    while stage is not NONE:
        passed.append(stage)
        stage = next_after(stage, wanted)
    assert tuple(passed) == wanted


@given(flags, flags, flags)
def test_nobody_changes_a_password_before_the_factor(
    has_factor: bool, must_change: bool, must_enrol: bool
) -> None:
    wanted = after_password(
        asks_code=False, has_factor=has_factor, must_change=must_change, must_enrol=must_enrol
    )
    if has_factor:
        assert next_after(NONE, wanted) is FACTOR
        assert ENROL not in wanted


@pytest.mark.parametrize(
    ("done", "wanted", "following"),
    [
        # what the step itself has changed is seen: the new password is good, the new factor is there
        (PASSWORD, (), NONE),
        (PASSWORD, (ENROL,), ENROL),
        (ENROL, (FACTOR,), NONE),
        (FACTOR, (FACTOR, PASSWORD), PASSWORD),
        # a rule that came meanwhile does not lead back
        (PASSWORD, (FACTOR,), NONE),
        (CODE, (CODE,), NONE),
    ],
)
def test_what_follows_a_stage(done: Stage, wanted: tuple[Stage, ...], following: Stage) -> None:
    assert next_after(done, wanted) is following
