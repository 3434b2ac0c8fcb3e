"""`seamproof import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def import_traffic(
    source: Annotated[
        list[str],
        typer.Argument(
            metavar="[FORMAT] FILE",
            help="What was recorded or exported, after har or postman where its format is named.",
        ),
    ],
    *,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="har|postman",
            help="The format; without it the file says what it is.",
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            "--base",
            metavar="URL",
            help="The address that is the service's / in the file; by default the most frequent "
            "origin.",
        ),
    ] = None,
    environment: Annotated[
        Path | None,
        typer.Option("--environment", metavar="FILE", help="A Postman environment with variables."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FILE",
            help="What to write; by default a file in .seamproof/scenarios.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the file where it is there already.")
    ] = False,
) -> None:
    """Make scenarios of recorded traffic.

    Reads a HAR file or a Postman collection, and writes YAML for a person to read and commit.
    Passwords, tokens and cookies are not written. Nothing is fetched or sent.
    """
    from seamproof.discovery.importers.filing import import_file, named
    from seamproof.reports.text import harmless

    file, chosen = named(source, format_name)
    for line in import_file(
        file,
        format_name=chosen,
        base=base,
        environment=environment,
        output=output,
        force=force,
    ):
        indent = len(line) - len(line.lstrip(" "))
        typer.echo(" " * indent + harmless(line.lstrip(" ")))
