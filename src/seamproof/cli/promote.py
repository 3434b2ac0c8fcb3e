"""`seamproof promote`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seamproof.cli.options import Config


def promote(
    finding: Annotated[
        str, typer.Argument(metavar="FINDING", help="Its name, as F-3a9c01, or the beginning.")
    ],
    *,
    curl: Annotated[
        bool, typer.Option("--curl", help="A script of curl, for findings of single requests.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="PATH", help="The file. Where absent: beside the tests."),
    ] = None,
    config: Config = None,
) -> None:
    """Write a stored finding as a test that fails until it is repaired.

    The test is in the style of the project's own, and uses the pytest plugin. No file is
    overwritten.
    """
    from seamproof.run import showcase
    from seamproof.run.promotion import promoting

    home = showcase.home_of(finding, config)
    done = promoting.promote(finding, home, script=curl, output=output)
    typer.echo(f"written: {done.path} ({done.why})")
    for each in done.needs:
        typer.echo(f"needs:   {each}")
    typer.echo(f"run it:  {done.command}")
