"""What a test expects of an answer.

- `matching`  values that stand for many: parts, any order, any instance, JSON paths
- `schemas`   JSON Schema, by file or as a mapping
- `problems`  errors as RFC 9457 has them, and as frameworks do, with the field that they name
- `softly`    several that fail together
"""

from seamproof.testing.expectations.matching import (
    anything,
    differences,
    instance,
    matching,
    partial,
    unordered,
)
from seamproof.testing.expectations.softly import failed, soft

__all__ = [
    "anything",
    "differences",
    "failed",
    "instance",
    "matching",
    "partial",
    "soft",
    "unordered",
]
