"""Files that only their owner may read: what was sent, stored and printed may be private."""

from __future__ import annotations

import os
from pathlib import Path


def write(path: Path, text: str | bytes) -> None:
    """Write a file, in the place of one that is there. Raises OSError."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
