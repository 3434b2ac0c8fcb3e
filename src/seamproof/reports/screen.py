"""Where lines go: a terminal with one live line at its end, or a plain stream.

Colour only on a terminal, and never where NO_COLOR is set (https://no-color.org).
"""

from __future__ import annotations

import os
import shutil
import time
from typing import TextIO

from seamproof.reports.text import clip

_CLEAR = "\r\x1b[2K"
_REFRESH = 0.1
_PLAIN_WIDTH = 100
_STYLES = {"bold": "1", "dim": "2", "red": "31;1", "green": "32", "yellow": "33;1", "cyan": "36"}


class Screen:
    """Prints lines above one live line, which only a terminal has."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._drawn = 0.0
        self._showing = False
        dumb = os.environ.get("TERM") == "dumb"
        self.live = stream.isatty() and not dumb
        self.coloured = self.live and not os.environ.get("NO_COLOR")
        size = shutil.get_terminal_size((_PLAIN_WIDTH, 24)).columns if self.live else _PLAIN_WIDTH
        self.width = min(max(size, 60), 120)

    def line(self, text: str = "") -> None:
        """Print one line for good."""
        self._write((_CLEAR if self._showing else "") + text + "\n")
        self._showing = False

    def progress(self, text: str) -> None:
        """Replace the live line, at most ten times a second; nothing where there is none."""
        now = time.monotonic()
        if not self.live or now - self._drawn < _REFRESH:
            return
        self._drawn, self._showing = now, True
        self._write(_CLEAR + self.paint(clip(text, self.width - 1), "dim"))

    def clear(self) -> None:
        """Take the live line away."""
        if self._showing:
            self._write(_CLEAR)
        self._showing = False

    def paint(self, text: str, style: str) -> str:
        """Colour a text, where colours are shown (ECMA-48, SGR)."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.coloured and style else text

    def _write(self, text: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        self._stream.write(text.encode(encoding, "replace").decode(encoding))
        self._stream.flush()
