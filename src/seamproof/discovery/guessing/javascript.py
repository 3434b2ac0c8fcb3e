"""Routes and request bodies of JavaScript and TypeScript services, by their text.

Express, Fastify, Koa and Hono name a route by a call, below what `use` puts before it; Nest by
decorators on the methods of a controller.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from seamproof.discovery.guessing.project import Place, Project
from seamproof.discovery.guessing.route import WRAPS, Field, Route

_SUFFIXES = (".js", ".mjs", ".cjs", ".ts", ".mts")
_VERBS = "get|post|put|patch|delete"
_CALL = re.compile(
    rf"""\b(?P<router>\w+)\.(?P<verb>{_VERBS})\(\s*["'`](?P<path>/[^"'`]*)["'`]""", re.MULTILINE
)
_CHAINED = re.compile(
    rf"""\.route\(\s*["'`](?P<path>/[^"'`]*)["'`]\s*\)\s*\.(?P<verb>{_VERBS})\("""
)
_OBJECT = re.compile(
    r"""method:\s*["'](?P<verb>\w+)["']\s*,\s*(?:url|path):\s*["'](?P<path>/[^"']*)["']"""
)
_USE = re.compile(
    r"""\.(?:use|register)\(\s*["'`](?P<prefix>/[^"'`]*)["'`]\s*,(?P<rest>[^;]*?)\)\s*(?:;|\n|$)"""
)
_PLUGIN = re.compile(
    r"""\.register\(\s*(?P<rest>[\w.]+|import\([^)]*\)|require\([^)]*\))\s*,\s*"""
    r"""\{[^}]*prefix:\s*["'](?P<prefix>/[^"']*)["']"""
)
_IMPORT = re.compile(
    r"""(?:const|let|var|import)\s+(?:\*\s+as\s+)?(?P<name>\{[^}]*\}|\w+)\s*"""
    r"""(?:=\s*(?:await\s+)?(?:require|import)\(|from)\s*["'](?P<file>\.[^"']+)["']"""
)
_INLINE = re.compile(r"""(?:require|import)\(\s*["'](?P<file>\.[^"']+)["']""")
_CONTROLLER = re.compile(r"""@Controller\(\s*(?:["'`](?P<path>[^"'`]*)["'`])?[^)]*\)""")
_DECORATED = re.compile(
    r"""@(?P<verb>Get|Post|Put|Patch|Delete)\(\s*(?:["'`](?P<path>[^"'`]*)["'`])?\s*\)"""
)
_GLOBAL = re.compile(r"""setGlobalPrefix\(\s*["'`](?P<prefix>[^"'`]+)["'`]""")
_TAKEN_APART = re.compile(
    r"(?:const|let|var)\s*\{(?P<names>[^}]*)\}\s*=\s*(?:await\s+)?(?:req|request|ctx\.request|c\.req)"
    r"\.(?:body|json)"
)
_READ = re.compile(r"\b(?:req|request)\.body\??\.(?P<name>\w+)")
_DTO = re.compile(r"""@Body\(\s*(?:["'](?P<wrap>\w+)["'])?[^)]*\)\s*\w+\s*:\s*(?P<name>\w+)""")
_MEMBER = re.compile(r"^\s*(?:readonly\s+)?(?P<name>\w+)!?\s*:\s*(?P<kind>\w+)", re.MULTILINE)
_NEXT = re.compile(r"^(?:exports\.|module\.|export\b|(?:async\s+)?function\b|const\b|let\b)", re.M)
"""What begins the next definition of a file."""
_REQUEST = re.compile(r"\b(?:req|request|ctx|c)\b")
_REGION = 3_000
"""Characters of a handler that are looked at."""
_PARAMETER = re.compile(r":(\w+)\??")


@dataclass
class JavaScriptSource:
    """Every file of a project's JavaScript."""

    project: Project
    files: tuple[Path, ...] = ()
    _before: dict[Path, str] = field(default_factory=dict)
    """What is put before the routes of a file."""

    @classmethod
    def of(cls, project: Project) -> JavaScriptSource:
        """Read a project."""
        source = cls(project, tuple(project.sources(*_SUFFIXES)))
        for path in source.files:
            source._mount(path)
        return source

    def _mount(self, path: Path) -> None:
        text = self.project.text(path)
        imported: dict[str, str] = {}
        for match in _IMPORT.finditer(text):
            for name in re.findall(r"\w+", match["name"]):
                imported[name] = match["file"]
        for match in (*_USE.finditer(text), *_PLUGIN.finditer(text)):
            inline = _INLINE.search(match["rest"])
            names = re.findall(r"\w+", match["rest"])
            files = [imported[name] for name in names if name in imported][-1:]
            if not files and names:
                files = _within(text, names[-1], imported)
            for file in [inline["file"]] if inline else files:
                if (target := self._file(path, file)) is not None:
                    self._before[target] = self._before.get(path, "") + match["prefix"].rstrip("/")

    def _file(self, path: Path, name: str) -> Path | None:
        base = (path.parent / name).resolve()
        stem = base.with_suffix("") if base.suffix in _SUFFIXES else base
        wanted = {base, *(stem.with_suffix(each) for each in _SUFFIXES)}
        wanted |= {Path(f"{base}{each}") for each in _SUFFIXES}
        wanted |= {base / f"index{each}" for each in _SUFFIXES}
        return next((each for each in self.files if each.resolve() in wanted), None)

    def routes(self) -> Iterator[Route]:
        """Every route, by whatever framework."""
        for path in self.files:
            yield from self._called(path)
            yield from self._controlled(path)

    def _called(self, path: Path) -> Iterator[Route]:
        text = self.project.text(path)
        matches = [*_CALL.finditer(text), *_CHAINED.finditer(text), *_OBJECT.finditer(text)]
        matches.sort(key=lambda match: match.start())
        ends = [match.start() for match in matches[1:]] + [len(text)] * bool(matches)
        for match, end in zip(matches, ends, strict=True):
            if match.groupdict().get("router") in {"axios", "http", "fetch", "client", "request"}:
                continue
            region = text[match.start() : min(end, match.start() + _REGION)]
            whole = self._before.get(path, "") + match["path"]
            place = self.project.place(path, text.count("\n", 0, match.start()) + 1)
            yield self._route(match["verb"], whole, place, self._handler(region))

    def _handler(self, region: str) -> str:
        """The region itself, or the function of another file that it names."""
        if "=>" in region or "function" in region:
            return region
        named = re.findall(r"([\w.]+)\s*\)", region.partition(");")[0] + ")")
        name = named[-1].rpartition(".")[2] if named else ""
        if not name:
            return region
        definition = re.compile(
            rf"(?:function\s+{re.escape(name)}\b|\b{re.escape(name)}\s*[=:]\s*(?:async\b|\(|function)"
            rf"|^\s*(?:async\s+)?{re.escape(name)}\s*\([^)]*\)\s*\{{)",
            re.MULTILINE,
        )
        for path in self.files:
            text = self.project.text(path)
            for found in definition.finditer(text):
                following = _NEXT.search(text, found.end())
                end = following.start() if following else len(text)
                body = text[found.start() : min(end, found.start() + _REGION)]
                if _REQUEST.search(body):
                    return region + body
        return region

    def _controlled(self, path: Path) -> Iterator[Route]:
        text = self.project.text(path)
        controllers = list(_CONTROLLER.finditer(text))
        if not controllers:
            return
        start = next(
            (m["prefix"] for each in self.files for m in _GLOBAL.finditer(self.project.text(each))),
            "",
        )
        decorated = list(_DECORATED.finditer(text))
        ends = [match.start() for match in decorated[1:]] + [len(text)] * bool(decorated)
        for match, end in zip(decorated, ends, strict=True):
            owner = [each for each in controllers if each.start() < match.start()]
            parts = [start, owner[-1]["path"] if owner else "", match["path"]]
            whole = "/" + "/".join(part.strip("/") for part in parts if part and part.strip("/"))
            region = text[match.start() : min(end, match.start() + _REGION)]
            place = self.project.place(path, text.count("\n", 0, match.start()) + 1)
            yield self._route(match["verb"], whole, place, region)

    def _route(self, verb: str, path: str, place: Place, text: str) -> Route:
        names = [
            name
            for match in _TAKEN_APART.finditer(text)
            for part in match["names"].split(",")
            # One with a default may be left out.
            if "=" not in part and (name := part.partition(":")[0].strip()).isidentifier()
        ]
        names += _READ.findall(text)
        fields = [Field(name) for name in dict.fromkeys(names)]
        wrap = ""
        if len(fields) == 1 and fields[0].name in WRAPS:
            wrap = fields.pop().name
        if not fields and (dto := _DTO.search(text)):
            fields, wrap = self._members(dto["name"]), dto["wrap"] or ""
        whole = _PARAMETER.sub(r"{\1}", path)
        return Route(verb.upper(), whole, place, text, tuple(fields), wrap=wrap)

    def _members(self, name: str) -> list[Field]:
        """The required members of a class."""
        pattern = re.compile(rf"class\s+{re.escape(name)}\b[^{{]*\{{(?P<body>.*?)^\}}", re.S | re.M)
        for path in self.files:
            if match := pattern.search(self.project.text(path)):
                return [
                    Field(each["name"], each["kind"]) for each in _MEMBER.finditer(match["body"])
                ]
        return []


def _within(text: str, name: str, imported: dict[str, str]) -> list[str]:
    """The files of the routers that a router of this file is made of."""
    made = re.search(rf"\b(?:const|let|var)\s+{re.escape(name)}\s*=(?P<made>[^;]*);", text)
    names = re.findall(r"\w+", made["made"]) if made else []
    return [imported[each] for each in names if each in imported]
