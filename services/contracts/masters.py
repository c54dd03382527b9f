"""How the groups and usage limits of Mobile Choice 050 are called, and how one state of them is told from another."""

import hashlib
import json
import re
from typing import Any

LONGEST_CODE = 20
LONGEST_NAME = 50

_CODE = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{LONGEST_CODE - 1}}}")
_NAME = re.compile(rf"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{{1,{LONGEST_NAME}}}")


def code_problems(code: str) -> list[dict[str, Any]]:
    """master.code_format (maximum), as an entry of `details["errors"]`."""
    if _CODE.fullmatch(code):
        return []
    return [{"pointer": "code", "code": "master.code_format", "maximum": LONGEST_CODE}]


def name_problems(name: str) -> list[dict[str, Any]]:
    """master.name (maximum): one line that is not blank; spaces around it are not part of it."""
    if _NAME.fullmatch(name.strip()):
        return []
    return [{"pointer": "name", "code": "master.name", "maximum": LONGEST_NAME}]


def version(content: Any) -> str:
    """A fingerprint of what can be changed: whoever changes it states the one that was seen."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
