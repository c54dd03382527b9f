"""Answers of services on the bus: JSON, or JSON with a long text behind it.

A text of a megabyte is not put inside the JSON, which would look at each of its characters when it is written and when
it is read.
"""

import json
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_jsonable_python

TEXT = "application/text"  # kombu hands it on without opening it


@dataclass(frozen=True)
class WithText:
    """An answer that reaches the caller as `facts` with `text` among them, under this name."""

    facts: dict[str, Any]
    text: str


def jsonable(answer: Any) -> Any:
    """What a method returned, ready to be written."""
    if isinstance(answer, WithText):
        return WithText(to_jsonable_python(answer.facts), answer.text)
    return to_jsonable_python(answer)


def to_wire(result: Any, error: Any) -> tuple[Any, dict[str, str]]:
    """The body of a message and its properties."""
    if not isinstance(result, WithText):
        return {"result": result, "error": error}, {"serializer": "json"}
    # JSON has no line break of its own: the first one ends it
    body = f"{json.dumps(result.facts)}\n{result.text}"
    return body, {"content_type": TEXT, "content_encoding": "utf-8"}


def from_wire(body: Any) -> dict[str, Any]:
    """`{"result", "error"}` of a message's body."""
    if not isinstance(body, str):
        whole: dict[str, Any] = body
        return whole
    facts, _, text = body.partition("\n")
    return {"result": json.loads(facts) | {"text": text}, "error": None}
