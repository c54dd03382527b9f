"""Types of the arguments that methods on the bus take."""

from typing import Annotated

from pydantic import Field

Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]  # the database refuses a NUL in any text
Key = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]
Limit = Annotated[int, Field(ge=1, le=100)]
