"""`seamproof explain`."""

from __future__ import annotations

from typing import Annotated

import typer


def explain(
    finding_class: Annotated[
        str, typer.Argument(metavar="CLASS", help="A class of findings, as a finding names it.")
    ],
) -> None:
    """Explain a class of findings: cause, cost, cure."""
    from seamproof.run.catalogue import explained

    typer.echo("\n".join(explained(finding_class)))
