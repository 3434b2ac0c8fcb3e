"""`seamproof run`."""

from __future__ import annotations

from typing import Annotated

import typer

from seamproof.cli.options import Config, Report, Seed, Strict, Workers
from seamproof.cli.signals import held


def run(
    *,
    config: Config = None,
    check: Annotated[
        list[str] | None,
        typer.Option("--check", metavar="NAME", help="Only this check. May be repeated."),
    ] = None,
    operation: Annotated[
        list[str] | None,
        typer.Option(
            "--operation",
            metavar="GLOB",
            help="Only matching operations, for example 'POST /orders*'. May be repeated.",
        ),
    ] = None,
    seed: Seed = 0,
    report: Report = None,
    strict: Strict = False,
    budget: Annotated[
        str | None,
        typer.Option(
            "--budget",
            metavar="TIME",
            help="Stop after the riskiest that fit, for example 60s or 5m. What comes before the "
            "service is up does not count.",
        ),
    ] = None,
    workers: Workers = "1",
    deep: Annotated[
        bool,
        typer.Option("--deep", help="Try every crossing, where one of each equivalent is usual."),
    ] = False,
) -> None:
    """Run the checks on a service.

    Starts it on a database of its own, breaks its seams one by one, and reports what does not hold.

    Exit codes: 0 nothing proven, 1 proven findings, 2 interrupted, 3 a bug of seamproof, 4 usage,
    configuration or a safety refusal, 5 nothing was exercised, 7 inconclusive under --strict.
    """
    with held():
        from seamproof.run import session
        from seamproof.run.durations import seconds
        from seamproof.run.reporting import report as tell
        from seamproof.run.reporting import reporters
        from seamproof.run.workers import crew

        options = session.Options(
            config=config,
            checks=tuple(check or ()),
            operations=tuple(operation or ()),
            seed=seed,
            deep=deep,
            strict=strict,
            workers=crew.workers(workers),
            budget=None if budget is None else seconds(budget),
        )
        listeners = reporters(report or ())
        raise typer.Exit(tell(session.run(options), listeners))
