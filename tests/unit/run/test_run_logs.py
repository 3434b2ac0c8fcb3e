"""Logs of a failed run: kept without secrets, for their owner only, and named only if they are."""

from __future__ import annotations

import stat
from pathlib import Path

from seamproof.run.logs import LogKeeper
from seamproof.run.redaction import Redactor


def test_logs_are_kept_without_secrets_and_for_their_owner_only(tmp_path: Path) -> None:
    redactor = Redactor()
    redactor.learn("correct horse")
    (tmp_path / "replica-0.log").write_text(
        "up\npassword correct horse at postgres://u:s3cretive@h"
    )
    (tmp_path / "replica-1.log").write_text("\n")
    (tmp_path / "app.cfg").write_text("rendered")
    keeper = LogKeeper(tmp_path / "kept" / "logs", redactor)
    keeper(tmp_path, {"s3cretive"})
    assert keeper.kept == tmp_path / "kept" / "logs"
    (log,) = keeper.kept.iterdir()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    text = log.read_text()
    assert text.startswith("up\npassword <redacted:")
    assert "s3cretive" not in text


def test_nothing_printed_or_nowhere_to_write_keeps_nothing(tmp_path: Path) -> None:
    keeper = LogKeeper(tmp_path / "kept", Redactor())
    keeper(tmp_path, ())
    assert keeper.kept is None
    (tmp_path / "migrate.log").write_text("no")
    (tmp_path / "kept").write_text("a file is in the way")
    keeper(tmp_path, ())
    assert keeper.kept is None
