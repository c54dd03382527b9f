"""How many codes are mailed for one account."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.mail_cap import MailCap, free_at

NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
CAPS = (
    MailCap(1, timedelta(seconds=30)),
    MailCap(3, timedelta(minutes=20)),
    MailCap(15, timedelta(hours=4)),
)


def wait(*seconds_ago: float) -> float:
    return (free_at(CAPS, [NOW - timedelta(seconds=ago) for ago in seconds_ago], NOW) - NOW).total_seconds()


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ((), 0),
        ((0,), 30),
        ((10,), 20),
        ((29.5,), 0.5),
        ((30,), 0),
        ((60, 120), 0),
        ((60, 120, 180), 1020),
        ((60, 120, 1199), 1),
        ((60, 120, 1200), 0),
        (tuple(900 * number for number in range(1, 16)), 900),
        (tuple(960 * number for number in range(1, 16)), 0),
        # of a clock that was moved back: not yet sent
        ((-5, -600, -700), 0),
    ],
)
def test_when_the_next_code_may_be_mailed(sent: tuple[float, ...], expected: float) -> None:
    assert wait(*sent) == expected


@given(st.lists(st.timedeltas(timedelta(0), timedelta(hours=1)), max_size=80))
def test_no_window_ever_has_more_mails_than_its_cap(pauses: list[timedelta]) -> None:
    at, sent = NOW, list[datetime]()
    for pause in pauses:
        at += pause
        if free_at(CAPS, sent, at) == at:
            sent.append(at)
    for cap in CAPS:
        for end in sent:
            assert sum(end - cap.window < one <= end for one in sent) <= cap.count


@given(st.lists(st.timedeltas(timedelta(0), timedelta(hours=5)), max_size=30))
def test_the_instant_that_is_named_is_the_first_free_one(ago: list[timedelta]) -> None:
    sent = [NOW - one for one in ago]
    free = free_at(CAPS, sent, NOW)
    assert free_at(CAPS, sent, free) == free
    if free > NOW:
        before = free - timedelta(microseconds=1)
        assert free_at(CAPS, sent, before) > before
