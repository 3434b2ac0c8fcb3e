"""The commands together."""

from __future__ import annotations

from typing import Annotated

import typer

from seamproof.cli import (
    accept,
    checks,
    config,
    demo,
    doctor,
    explain,
    heal,
    import_traffic,
    init,
    promote,
    record,
    replay,
    run,
)

app = typer.Typer(
    name="seamproof",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        from seamproof import __version__

        typer.echo(f"seamproof {__version__}")
        raise typer.Exit


@app.callback()
def seamproof(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", callback=_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Prove that the pieces of an HTTP service fit together, on its real database."""


for command in (
    run.run,
    demo.demo,
    replay.replay,
    accept.accept,
    promote.promote,
    record.record,
    heal.heal,
    explain.explain,
    checks.checks,
    doctor.doctor,
    init.init,
    config.config,
):
    app.command()(command)

app.command("import")(import_traffic.import_traffic)
