"""The circuit breaker before an outside system."""

from datetime import timedelta

from chassis.breaker import Breaker


def test_it_admits_all_until_failures_follow_one_another() -> None:
    breaker = Breaker(threshold=3)
    for _ in range(5):
        breaker.failed()
        breaker.failed()
        breaker.succeeded()
    assert breaker.admitted(10) == 10


def test_open_it_admits_one_probe_a_pause() -> None:
    breaker = Breaker(threshold=1, pause=timedelta(hours=1))
    breaker.failed()
    assert [breaker.admitted(10) for _ in range(3)] == [0, 0, 0]


def test_after_the_pause_it_admits_one_probe_and_closes_with_its_success() -> None:
    breaker = Breaker(threshold=2, pause=timedelta(microseconds=1))
    breaker.failed()
    breaker.failed()
    assert breaker.admitted(10) == 1
    breaker.failed()
    assert breaker.admitted(10) == 1
    breaker.succeeded()
    assert breaker.admitted(10) == 10
