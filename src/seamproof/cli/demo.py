"""`seamproof demo`."""

from __future__ import annotations

from typing import Annotated

import typer

from seamproof.cli.options import Report, Seed, Workers
from seamproof.cli.signals import held


def demo(
    fixed: Annotated[
        bool, typer.Option("--fixed", help="Run the corrected twin: nothing is proven there.")
    ] = False,
    report: Report = None,
    seed: Seed = 0,
    workers: Workers = "auto",
) -> None:
    """See it work on a bundled service.

    An order service with planted defects, on a database of its own; nothing needs to be set up."""
    with held():
        from seamproof.run import session, showcase
        from seamproof.run.reporting import report as tell
        from seamproof.run.reporting import reporters
        from seamproof.run.workers import crew

        listeners = reporters(report or ())
        options = session.Options(
            config=showcase.prepare(fixed=fixed), seed=seed, workers=crew.workers(workers)
        )
        raise typer.Exit(tell(session.run(options), listeners))
