"""`seamproof checks`."""

from __future__ import annotations

import typer


def checks() -> None:
    """List the checks and what each can find."""
    from seamproof.run.catalogue import listing

    typer.echo("\n".join(listing()))
