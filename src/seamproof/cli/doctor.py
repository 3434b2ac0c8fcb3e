"""`seamproof doctor`."""

from __future__ import annotations

import typer

from seamproof.cli.options import Config


def doctor(config: Config = None) -> None:
    """Check the preconditions of a run.

    Says how to mend what is missing. Nothing of the service is started."""
    from seamproof.doctor import examine
    from seamproof.run.reporting import run_loop

    raise typer.Exit(run_loop(examine(config, typer.echo)))
