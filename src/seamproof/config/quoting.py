"""Texts as TOML writes them, for the files that we write and a person reads."""

from __future__ import annotations

import json


def quoted(text: str) -> str:
    """A basic string (TOML 1.0), whose escapes are JSON's but for DEL and lone surrogates."""
    whole = text.encode("utf-8", "replace").decode()
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007F")
