"""`seamproof heal`."""

from __future__ import annotations

from typing import Annotated

import typer

from seamproof.cli.options import Config, Seed
from seamproof.cli.signals import held


def heal(
    *,
    config: Config = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write the repaired scenarios; else they are shown.")
    ] = False,
    seed: Seed = 0,
) -> None:
    """Repair stored scenarios after the service changed.

    Runs each once, repairs those whose paths, parameters or fields have other names or places now,
    tries them, and shows the difference. What a scenario expects is never changed: where the
    service does otherwise, that is reported.

    Exit codes: 0 nothing to do, or applied, 1 something is to heal or does otherwise than expected,
    2 interrupted, 3 a bug of seamproof, 4 usage, configuration or a safety refusal.
    """
    with held():
        from seamproof.reports.text import harmless
        from seamproof.run import healing
        from seamproof.run.reporting import run_loop

        def say(line: str) -> None:
            indent = len(line) - len(line.lstrip(" "))
            typer.echo(" " * indent + harmless(line.lstrip(" ")))

        options = healing.Options(config=config, apply=apply, seed=seed)
        raise typer.Exit(run_loop(healing.run(options, say)))
