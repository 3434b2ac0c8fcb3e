"""`seamproof accept`."""

from __future__ import annotations

from typing import Annotated

import typer

from seamproof.cli.options import Config


def accept(
    finding: Annotated[
        str, typer.Argument(metavar="FINDING", help="Its name, as F-3a9c01, or the beginning.")
    ],
    *,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why it can be lived with.")
    ],
    owner: Annotated[
        str, typer.Option("--owner", metavar="NAME", help="Who answers for it: a team or a person.")
    ],
    expires: Annotated[
        str | None,
        typer.Option("--expires", metavar="DATE", help="The last day that it holds: 2027-01-01."),
    ] = None,
    config: Config = None,
) -> None:
    """Accept a stored finding: it is reported, and fails no run.

    Adds an entry to `.seamproof/baseline.toml`, which is committed. What stands there stays.
    """
    from seamproof.run import showcase
    from seamproof.run.acceptance import accepting

    added = accepting.accept(
        finding,
        reason=reason,
        owner=owner,
        expires=expires,
        config=showcase.home_of(finding, config),
    )
    typer.echo(f"accepted: {added.entry.words} of {added.path}; commit that file")
