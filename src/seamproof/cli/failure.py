"""Errors to messages and exit codes, in one place: whose fault it is, and what to do next."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import typer

from seamproof.core.errors import ExitCode, SeamproofError, of_machine

_KILLED_BY_SIGINT = 130
"""What typer makes of a KeyboardInterrupt."""
_DETAILS = 20


def guarded(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code; no traceback reaches the screen."""
    from seamproof.cli.app import app

    try:
        code = app(list(arguments), prog_name="seamproof", standalone_mode=False)
    except SeamproofError as error:
        _say(str(error.blame), error.problem, error.details, error.hint)
        return error.exit_code
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except typer.TyperException as error:
        _say("command line", _message(error), (), f"{_command(error)} --help")
        return ExitCode.USAGE
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone: nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.INTERRUPTED
    except Exception as error:
        lacking = of_machine(error) if isinstance(error, OSError) else None
        if lacking is not None:
            _say(str(lacking.blame), lacking.problem, (), lacking.hint)
            return lacking.exit_code
        _say(
            "seamproof",
            f"{type(error).__name__}: {error}",
            (f"the details are in {_keep(error)}",),
            "this is a bug of seamproof: please report it with that file",
        )
        return ExitCode.OUR_BUG
    return ExitCode.INTERRUPTED if code == _KILLED_BY_SIGINT else int(code or 0)


def _message(error: Exception) -> str:
    message = getattr(error, "format_message", None)
    return str(message() if callable(message) else error) or "a command is needed"


def _command(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    return str(context.command_path) if context is not None else "seamproof"


def _say(blame: str, problem: str, details: Sequence[str], hint: str) -> None:
    from seamproof.reports.text import harmless

    lines = [f"error ({blame}): {harmless(problem)}"]
    lines += [f"  | {harmless(each)}" for each in details[-_DETAILS:]]
    if hint:
        lines.append(f"  next: {harmless(hint)}")
    print("\n".join(lines), file=sys.stderr)


def _keep(error: Exception) -> Path:
    """Write the traceback where a person can send it from; only its owner may read it."""
    import tempfile
    import traceback

    text = "".join(traceback.format_exception(error))
    name = f"crash-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.txt"
    for folder in (Path.cwd() / ".seamproof" / "runs", Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError:
            continue
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        return folder / name
    return Path("nowhere: no folder could be written")
