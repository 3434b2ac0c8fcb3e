"""`seamproof explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from seamproof.cli.options import Config


def explain(
    finding_class: Annotated[
        str,
        typer.Argument(
            metavar="CLASS", help="A class of findings, as a finding names it; or a finding."
        ),
    ],
    config: Config = None,
) -> None:
    """Explain a class of findings: cause, cost, cure."""
    from seamproof.run import showcase
    from seamproof.run.catalogue import class_of, explained

    if finding_class.startswith("F-"):
        finding_class = class_of(finding_class, showcase.home_of(finding_class, config))
    typer.echo("\n".join(explained(finding_class)))
