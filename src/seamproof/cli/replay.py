"""`seamproof replay`."""

from __future__ import annotations

from typing import Annotated

import typer

from seamproof.cli.options import Config, Report
from seamproof.cli.signals import held


def replay(
    finding: Annotated[
        str, typer.Argument(metavar="FINDING", help="Its name, as F-3a9c01, or the beginning.")
    ],
    config: Config = None,
    report: Report = None,
) -> None:
    """Show one stored finding again, from a fresh state.

    Findings of `seamproof demo` are found from any folder.
    """
    with held():
        from seamproof.run import session, showcase
        from seamproof.run.reporting import report as tell
        from seamproof.run.reporting import reporters

        options = session.Options(config=showcase.home_of(finding, config), replay=finding)
        raise typer.Exit(tell(session.run(options), reporters(report or ())))
