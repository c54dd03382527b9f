"""Files of the state folder that hold secrets."""

import os
from pathlib import Path


def keep(path: Path, text: str) -> None:
    """Write the file for this user alone, whole or not at all: half of one would keep the product from starting."""
    half = path.with_name(f"{path.name}.new")
    half.unlink(missing_ok=True)
    half.touch(mode=0o600)
    half.write_text(text)
    os.replace(half, path)
