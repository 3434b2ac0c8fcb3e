"""What earlier runs and the project's history know of each operation.

Nothing here is needed: what cannot be read says nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from seamproof.core.model import Operation
from seamproof.core.verdict import Tier
from seamproof.discovery import filing
from seamproof.plan.risk import Past

RISKS = ".seamproof/cache/risks.json"
"""Where the risks of the last run are."""
_RUNS = 10
"""The newest runs whose findings count."""
_UNREADABLE = (OSError, ValueError, AttributeError, LookupError, TypeError, RecursionError)
"""What a file that is no finding of ours may raise."""
_SINCE = "90 days ago"
_PATIENCE = 5.0
"""Seconds that git may take."""
_MAX_FILE = 1 << 20
_MAX_FILES = 4000
_PARAMETER = re.compile(r"\{[^{}]*\}")
_SOURCE = frozenset({".py", ".js", ".mjs", ".cjs", ".ts", ".go", ".java", ".kt", ".rb", ".php"})


async def look_back(root: Path, runs: Path, risks: Path, operations: Collection[Operation]) -> Past:
    """What is known of these operations: past findings, recent commits, and their last risk."""
    commits = await _commits(root)
    findings, touched, known = await asyncio.gather(
        asyncio.to_thread(_findings, runs),
        asyncio.to_thread(_touched, root, commits, operations),
        asyncio.to_thread(_risks, risks),
    )
    return Past(findings, touched, known)


def remember(path: Path, risks: Mapping[str, float]) -> None:
    """Keep the risks for the next run. It is not worse for their lack."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = {**_risks(path), **risks}
        filing.replace(path, json.dumps(kept, indent=0, sort_keys=True))


def _risks(path: Path) -> dict[str, float]:
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(data, dict):
        return {}
    return {str(k): float(v) for k, v in data.items() if isinstance(v, int | float)}


def _findings(runs: Path) -> dict[str, int]:
    """Proven findings of the newest runs by operation, each fingerprint once."""
    seen: dict[str, set[str]] = {}
    folders = sorted(runs.glob("*/findings"), key=lambda each: each.parent.name)[-_RUNS:]
    for path in (each for folder in folders for each in folder.glob("F-*.json")):
        with contextlib.suppress(*_UNREADABLE):
            data = json.loads(path.read_bytes())
            if data.get("tier") == Tier.PROVEN:
                for operation in (data["operation"], *data.get("also", ())):
                    seen.setdefault(str(operation), set()).add(str(data.get("fingerprint")))
    return {operation: len(prints) for operation, prints in seen.items()}


async def _commits(root: Path) -> dict[str, int]:
    """How often each file below the project was changed lately, by its path from there."""
    command = ("git", "log", f"--since={_SINCE}", "--format=", "--name-only", "--relative", "-z")
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=root,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return {}
    try:
        output, _ = await asyncio.wait_for(process.communicate(), _PATIENCE)
    except (TimeoutError, asyncio.CancelledError) as stopped:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if isinstance(stopped, asyncio.CancelledError):
            raise
        return {}
    counts: dict[str, int] = {}
    for name in output.decode("utf-8", "replace").replace("\n", "\0").split("\0"):
        if name and Path(name).suffix in _SOURCE:
            counts[name] = counts.get(name, 0) + 1
    return counts


def _touched(
    root: Path, commits: Mapping[str, int], operations: Collection[Operation]
) -> dict[str, int]:
    """Recent commits to source files that name the end of an operation's path.

    A router may add what the path begins with, so its last fixed words are looked for.
    """
    wanted = {each.id: needle for each in operations if (needle := _needle(each.path))}
    found: dict[str, int] = {}
    for name, count in sorted(commits.items(), key=lambda each: -each[1])[:_MAX_FILES]:
        text = _read(root / name)
        for operation, needle in wanted.items():
            if needle in text:
                found[operation] = max(found.get(operation, 0), count)
    return found


def _needle(path: str) -> str:
    """`/v1/orders/{id}/cancel` as `/cancel`, `/v1/orders/{id}` as `/orders`."""
    fixed: Iterable[str] = (each for each in _PARAMETER.split(path) if each.strip("/"))
    last = list(fixed)[-1:]
    return f"/{last[0].strip('/').rpartition('/')[2]}" if last else ""


def _read(path: Path) -> str:
    try:
        if path.is_symlink() or path.stat().st_size > _MAX_FILE:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
