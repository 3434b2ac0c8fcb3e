"""`seamproof record`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seamproof.cli.options import Config
from seamproof.cli.signals import held


def record(
    *,
    config: Config = None,
    port: Annotated[
        int,
        typer.Option(
            "--port",
            metavar="N",
            min=0,
            max=65535,
            help="The port to listen at, on loopback; by default a free one.",
        ),
    ] = 0,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FILE",
            help="What to write; by default recorded.yaml in the folder of the scenarios.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the file where it is there already.")
    ] = False,
) -> None:
    """Record what is sent to the service, and write scenarios of it.

    Starts the service on a database of its own behind a proxy, and prints the proxy's address.
    What a browser, a person or another test suite sends there until Ctrl-C becomes scenarios, as
    by `seamproof import`. Passwords, tokens and cookies are not written.

    Exit codes: 0 scenarios were written, 2 interrupted before the service was up, 3 a bug of
    seamproof, 4 usage, configuration or a safety refusal, 5 nothing was recorded.
    """
    with held():
        from seamproof.core.registry import REPORTER, discover
        from seamproof.reports.text import harmless
        from seamproof.run.recording import Options
        from seamproof.run.recording import record as run
        from seamproof.run.reporting import run_loop

        terminal = discover(REPORTER)["terminal"].implementation(None)

        def say(line: str) -> None:
            indent = len(line) - len(line.lstrip(" "))
            typer.echo(" " * indent + harmless(line.lstrip(" ")))

        options = Options(config, port, output, force)
        raise typer.Exit(run_loop(run(options, terminal.on_event, say)))
