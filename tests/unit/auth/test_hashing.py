"""Hashing passwords beside other work."""

import subprocess
import sys

import pytest

from tests.harness import ROOT

# in a process of its own, which alone uses green threads
PROGRAM = """
import eventlet
from services.auth.hashing import Passwords
from services.auth.passwords import LONGEST, Cost

passwords = Passwords(Cost(memory_kib=16_384, passes=12), threads=2)
ticks = 0

def tick():
    global ticks
    while True:
        ticks += 1
        eventlet.sleep(0.001)

eventlet.spawn(tick)
"""


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM + program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "work",
    [
        "passwords.verify(None, 'x')",
        "passwords.hash_for_import('x')",
        "passwords.renew(Passwords(Cost(64), 1).hash_for_import('x'), 'x')",
    ],
)
def test_other_work_goes_on_while_a_password_is_hashed(work: str) -> None:
    assert int(run(f"before = ticks; {work}; print(ticks - before)")) > 10


def test_verifying() -> None:
    program = """
stored = passwords.hash_for_import('right')
longest = passwords.hash_for_import('x' * LONGEST)
print(
    passwords.verify(stored, 'right'),
    passwords.verify(stored, 'wrong'),
    passwords.verify(stored, ''),
    passwords.verify(None, 'right'),
    passwords.verify('not a hash', 'right'),
    passwords.verify(longest, 'x' * LONGEST),
    passwords.verify(longest, 'x' * (LONGEST + 1)),
)
"""
    assert run(program) == "True False False False False True False"


def test_only_a_hash_of_another_cost_is_renewed() -> None:
    program = """
old = Passwords(Cost(memory_kib=64), 1).hash_for_import('x')
new = passwords.renew(old, 'x')
print(passwords.verify(new, 'x'), passwords.renew(new, 'x'), passwords.renew(None, 'x'))
"""
    assert run(program) == "True None None"


def test_the_default_cost_is_that_of_the_owasp_cheat_sheet() -> None:
    program = "print(Passwords(Cost(), 1).hash_for_import('x').rpartition('$')[0].rpartition('$')[0])"
    assert run(program) == "$argon2id$v=19$m=19456,t=2,p=1"
