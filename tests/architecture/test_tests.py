"""Rules for the tests themselves: they wait for conditions, and none of them is silently left out."""

import re

from tests.architecture import source
from tests.harness import ROOT

SLEEPS = {"time.sleep", "eventlet.sleep", "asyncio.sleep"}
PAGE_SLEEP = re.compile(r"\.wait_for_timeout\(")  # playwright's
OMISSIONS = {"pytest.skip", "pytest.importorskip", "pytest.xfail"} | {
    f"pytest.mark.{mark}" for mark in ("skip", "skipif", "xfail")
}


def test_only_the_harness_sleeps() -> None:
    found = [
        f"{place}: {name}"
        for path in source.files("tests")
        if path != ROOT / "tests" / "harness.py"
        for place, name in source.names(path)
        if name in SLEEPS
    ]
    waits = [
        str(path.relative_to(ROOT)) for path in source.files("tests") if PAGE_SLEEP.search(path.read_text())
    ]
    assert found + waits == [], "use tests.harness.until"


def test_no_test_is_left_out() -> None:
    found = [
        f"{place}: {name}"
        for path in source.files("tests")
        for place, name in source.names(path)
        if name in OMISSIONS
    ]
    assert found == [], "a test that cannot run fails, and says what is missing"
