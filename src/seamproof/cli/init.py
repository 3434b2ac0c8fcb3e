"""`seamproof init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def init(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the file in place of writing it.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the file where it is there already.")
    ] = False,
) -> None:
    """Guess a first seamproof.toml from the files of this folder.

    Prints each guess with the file and line that it comes from. Nothing of the service is started,
    imported or changed.
    """
    from seamproof.discovery.guessing.initialising import initialise
    from seamproof.reports.text import harmless

    for line in initialise(Path.cwd(), dry_run=dry_run, force=force):
        typer.echo(harmless(line))
