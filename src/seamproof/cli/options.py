"""Options that several commands share, so that they read the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The configuration; by default the nearest seamproof.toml, or pyproject.toml "
        "with [tool.seamproof].",
    ),
]
Report = Annotated[
    list[str] | None,
    typer.Option(
        "--report",
        metavar="KIND=PATH",
        help="Also write a report, for example json=report.json. May be repeated.",
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        "--seed", metavar="N", min=0, help="Seeds every choice; two runs with one seed agree."
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="End with exit code 7 where a verdict is inconclusive.")
]
Workers = Annotated[
    str,
    typer.Option(
        "--workers",
        metavar="N",
        help="Do jobs in N worlds side by side, each with a database and replicas of its own; "
        "auto is one for each core.",
    ),
]
