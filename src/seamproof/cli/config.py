"""`seamproof config`."""

from __future__ import annotations

from typing import Annotated

import typer

from seamproof.cli.options import Config


def config(
    config: Config = None,
    explain: Annotated[
        str | None,
        typer.Option(
            "--explain", metavar="KEY", help="Explain one key, for example service.ready."
        ),
    ] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of the configuration file.")
    ] = False,
) -> None:
    """Show the configuration, or explain a key."""
    from seamproof.config import explaining

    if schema:
        typer.echo(explaining.schema())
    elif explain is not None:
        typer.echo("\n".join(explaining.explained(explain)))
    else:
        typer.echo("\n".join(explaining.effective(config)))
