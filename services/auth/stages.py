"""The steps of a login, and which one comes next."""

from enum import StrEnum


class Stage(StrEnum):
    """What a login attempt waits for; NONE once it is over."""

    CODE = "code"  # self-care: the mailed code
    FACTOR = "factor"  # a one-time password, a recovery code or a passkey
    PASSWORD = "password"  # noqa: S105 (a step, not a secret): a new password instead of an initial or expired one
    ENROL = "enrol"  # the first second factor, where the customer asks for one
    NONE = ""


_ORDER = (Stage.CODE, Stage.FACTOR, Stage.PASSWORD, Stage.ENROL)


def after_password(
    *, asks_code: bool, has_factor: bool, must_change: bool, must_enrol: bool
) -> tuple[Stage, ...]:
    """The stages that follow a right password, in order; empty: logged in.

    The factor comes before the change of password, so that a stolen password cannot be made the thief's own.
    """
    wanted = (
        (Stage.CODE, asks_code),
        (Stage.FACTOR, has_factor),
        (Stage.PASSWORD, must_change),
        (Stage.ENROL, must_enrol and not has_factor),
    )
    return tuple(stage for stage, is_wanted in wanted if is_wanted)


def next_after(done: Stage, wanted: tuple[Stage, ...]) -> Stage:
    """The first of the `wanted` stages that comes after `done` (NONE: the password alone is right); NONE: logged in."""
    behind = 0 if done is Stage.NONE else _ORDER.index(done) + 1
    return next((stage for stage in _ORDER[behind:] if stage in wanted), Stage.NONE)
