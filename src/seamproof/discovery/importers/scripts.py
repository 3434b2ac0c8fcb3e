"""Postman's scripts, line by line: what a step can express is taken, every other line is named.

Taken are variables set from the response or to a constant, and the expected status. Structure
(`pm.test(…, function () {` and its end) has nothing to say by itself. What stands in a loop, in a
function or under a condition is not taken, but for a condition on the status.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_LINES = 20_000
"""Lines of one script that are read."""
_LONGEST = 2_000
"""Characters of a line that is looked at; a longer one has no counterpart."""
_TEXT = r"""(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\$])*`)"""
_BODY = (
    r"(?:pm\.response\.json\(\)|JSON\.parse\(\s*(?:responseBody|pm\.response\.text\(\))\s*\)"
    r"|[A-Za-z_$][\w$]*)"
)
_CODE = r"(?:pm\.response\.code|responseCode\.code|pm\.response\.status\(\))"
_TEST = re.compile(
    rf"pm\.test\(\s*{_TEXT}\s*,\s*(?:async\s+)?"
    r"(?:function\s*\w*\s*\(\s*\w*\s*\)|\(\s*\w*\s*\)\s*=>|\w+\s*=>)\s*(\{?)"
)
_GUARD = re.compile(rf"if\s*\(\s*{_CODE}\s*={{2,3}}\s*2\d\d\s*\)\s*(\{{)")
_SET = re.compile(
    r"(?:pm\.(?:environment|collectionVariables|globals|variables)\.set"
    rf"|postman\.set(?:Environment|Global)Variable)\(\s*({_TEXT})\s*,\s*(.+)\)",
    re.DOTALL,
)
_ALIAS = re.compile(r"(?:(?:const|let|var)\s+)([A-Za-z_$][\w$]*)\s*=\s*(.+)")
_PATH = re.compile(rf"({_BODY})((?:\??\.[A-Za-z_$][\w$-]*|(?:\?\.)?\[(?:\d+|{_TEXT})\])*)")
_PART = re.compile(rf"\??\.([A-Za-z_$][\w$-]*)|(?:\?\.)?\[(?:(\d+)|({_TEXT}))\]")
_HEADER = re.compile(
    rf"(?:pm\.response\.headers\.get|postman\.getResponseHeader)\(\s*({_TEXT})\s*\)"
)
_COOKIE = re.compile(rf"pm\.cookies\.get\(\s*({_TEXT})\s*\)")
_FILLED = re.compile(rf"pm\.variables\.replaceIn\(\s*({_TEXT})\s*\)")
_GOT = re.compile(
    rf"pm\.(?:environment|collectionVariables|globals|variables)\.get\(\s*({_TEXT})\s*\)"
)
_CONSTANT = re.compile(rf"{_TEXT}|-?\d+(?:\.\d+)?|true|false")
_STATUS = (
    re.compile(r"pm\.response\.to\.have\.status\(\s*(\d{3})\s*\)"),
    re.compile(r"pm\.expect\(\s*pm\.response\s*\)\.to\.have\.status\(\s*(\d{3})\s*\)"),
    re.compile(rf"pm\.expect\(\s*{_CODE}\s*\)\.to\.(?:be\.)?(?:eql?|equals?)\(\s*(\d{{3}})\s*\)"),
    re.compile(rf"pm\.expect\(\s*{_CODE}\s*\)\.to\.be\.oneOf\(\s*\[([\d,\s]+)\]\s*\)"),
    re.compile(rf"tests\[\s*{_TEXT}\s*\]\s*=\s*{_CODE}\s*={{2,3}}\s*(\d{{3}})"),
)
_SUCCESS = re.compile(r"pm\.response\.to\.be\.(?:ok|success)(?:\(\))?")
_METHODS = frozenset({"length"})
_NAME = re.compile(r"[A-Za-z_][\w-]*")


@dataclass(slots=True)
class Script:
    """What a script says in our terms."""

    of_response: bool
    """Whether it runs after the response."""
    extracts: dict[str, str] = field(default_factory=dict)
    """Variables that it takes from the response, and from where: `$.id`, `header:Location`."""
    values: dict[str, str] = field(default_factory=dict)
    """Variables that it sets to a text, which may hold `{{variables}}`."""
    expect: tuple[int, ...] = ()
    untranslated: list[tuple[int, str]] = field(default_factory=list)
    """Numbers of lines, from 1, and their text."""


def translated(source: str, *, of_response: bool) -> Script:
    """Read a script; `of_response` where it runs after the response."""
    return _Reading(of_response).read(source)


class _Reading:
    def __init__(self, of_response: bool) -> None:
        self._of_response = of_response
        self._script = Script(of_response)
        self._places: dict[str, str] = {}
        self._blocks: list[bool] = []
        """Of each open block whether what stands in it happens with every success."""
        self._comment = False

    def read(self, source: str) -> Script:
        lines = source.splitlines()
        for number, line in enumerate(lines[:MAX_LINES], 1):
            text = self._without_comments(line).strip()
            if text and not self._line(text):
                self._script.untranslated.append((number, line.strip()))
        if len(lines) > MAX_LINES:
            rest = f"and {len(lines) - MAX_LINES} more lines, which were not read"
            self._script.untranslated.append((MAX_LINES + 1, rest))
        return self._script

    def _without_comments(self, line: str) -> str:
        if self._comment:
            _, end, line = line.partition("*/")
            self._comment = not end
        if line.lstrip().startswith("/*"):
            _, end, line = line.partition("*/")
            self._comment = not end
            return line if end else ""
        return re.sub(r"(^|[;{}])\s*//.*$", r"\1", line)

    def _line(self, text: str) -> bool:
        """Take a line. Returns whether all of it has a counterpart."""
        if len(text) > _LONGEST:
            self._nest(text)
            return False
        whole = True
        for piece in _pieces(text):
            whole &= self._piece(piece)
        return whole

    def _piece(self, piece: str) -> bool:
        piece = piece.strip()
        while piece[:1] in {"}", ")", "]", ","} and piece:
            if piece[0] == "}" and self._blocks:
                self._blocks.pop()
            piece = piece[1:].lstrip()
        for opening in (_TEST, _GUARD):
            if match := opening.match(piece):
                if match[1]:
                    self._blocks.append(True)
                rest = piece[match.end() :]
                return self._piece(rest if match[1] else rest.rstrip().removesuffix(")"))
        if not piece:
            return True
        closing = len(piece) - len(piece.rstrip("})] \t"))
        for cut in range(closing + 1):
            end = len(piece) - cut
            if all(self._blocks) and self._statement(piece[:end].strip()):
                return self._piece(piece[end:]) if cut else True
        self._nest(piece)
        return False

    def _nest(self, piece: str) -> None:
        """Enter and leave the blocks of a piece that has no counterpart."""
        for character in re.sub(_TEXT, "", piece):
            if character == "{":
                self._blocks.append(False)
            elif character == "}" and self._blocks:
                self._blocks.pop()

    def _statement(self, text: str) -> bool:
        if match := _SET.fullmatch(text):
            return self._set(_unquoted(match[1]), match[2].strip())
        if match := _ALIAS.fullmatch(text):
            return self._alias(match[1], match[2].strip())
        if not self._of_response:
            return False
        if _SUCCESS.fullmatch(text):
            return True
        for pattern in _STATUS:
            if match := pattern.fullmatch(text):
                found = tuple(int(each) for each in re.findall(r"\d+", match[1]))
                self._script.expect = found
                return all(100 <= each <= 599 for each in found)
        return False

    def _set(self, name: str, value: str) -> bool:
        source = self._source(value)
        if source is not None and source != "$":
            self._script.extracts[name] = source
            return True
        if _CONSTANT.fullmatch(value):
            self._script.values[name] = _unquoted(value)
        elif match := _FILLED.fullmatch(value):
            self._script.values[name] = _unquoted(match[1])
        elif match := _GOT.fullmatch(value):
            self._script.values[name] = f"{{{{{_unquoted(match[1])}}}}}"
        else:
            return False
        return True

    def _alias(self, name: str, value: str) -> bool:
        source = self._source(value)
        if source is None:
            return False
        self._places[name] = source
        return True

    def _source(self, text: str) -> str | None:
        """Where in the response an expression looks; None where it is none of those."""
        if not self._of_response:
            return None
        if match := _HEADER.fullmatch(text):
            return f"header:{_unquoted(match[1])}"
        if match := _COOKIE.fullmatch(text):
            return f"cookie:{_unquoted(match[1])}"
        match = _PATH.fullmatch(text)
        if match is None:
            return None
        root = match[1]
        base = "$" if root.startswith(("pm.", "JSON.")) else self._places.get(root)
        if base is None or (match[2] and not base.startswith("$")):
            return None
        path = base
        for name, index, quoted in _PART.findall(match[2]):
            part = _unquoted(quoted) if quoted else name
            if name in _METHODS or "'" in part or (quoted and not part):
                return None
            named = f".{part}" if _NAME.fullmatch(part) else f"['{part}']"
            path += f"[{index}]" if index else named
        return path


def _pieces(text: str) -> Iterator[str]:
    """The statements of a line: parted by semicolons that stand in no string and no call."""
    start, depth, quote, escaped = 0, 0, "", False
    for at, character in enumerate(text):
        if escaped:
            escaped = False
        elif quote:
            escaped = character == "\\"
            quote = "" if character == quote else quote
        elif character in "\"'`":
            quote = character
        elif character in "([":
            depth += 1
        elif character in ")]":
            depth = max(0, depth - 1)
        elif character == "{":
            depth = 0  # what stands in a function's body are statements again
        elif character == ";" and depth == 0:
            yield text[start:at]
            start = at + 1
    yield text[start:]


def _unquoted(text: str) -> str:
    if text[:1] not in {'"', "'", "`"}:
        return text
    return re.sub(r"\\(.)", r"\1", text[1:-1])
