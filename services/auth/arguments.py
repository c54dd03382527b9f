"""Types of arguments that several methods take."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field


def _printable(text: str) -> str:
    return "".join(letter for letter in text[:300] if letter.isprintable())


SessionHash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]  # SHA-256 of a session token or an API key
Remark = Annotated[str, AfterValidator(_printable)]  # what a client says of itself: kept, never relied on
Language = Literal["ja", "en"]
