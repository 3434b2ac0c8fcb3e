"""`seamproof demo` as its reader meets it: what each twin shows, and that it always is the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROVEN = {
    ("rollback", "partial-state", "POST /orders"),
    ("rollback", "refused-but-wrote", "POST /orders"),
    ("rollback", "refused-but-wrote", "POST /coupons"),
    ("rollback", "lost-write", "POST /orders/{order}/cancel"),
    ("rollback", "uncompensated-call", "POST /orders/{order}/payment"),
    ("rollback", "no-timeout", "POST /orders/{order}/refund"),
    ("rollback", "lost-write", "POST /orders/{order}/refund"),
    ("rollback", "poisoned-pool", "POST /products/{product}/deliveries"),
    ("rollback", "partial-state", "POST /transfers"),
    ("rollback", "stuck-retry", "POST /cart/checkout"),
    ("trace", "commit-rolled-back", "POST /orders/{order}/refund"),
    ("trace", "early-answer", "POST /products/{product}/reviews"),
    ("idempotency", "duplicate-effect", "POST /orders"),
    ("idempotency", "duplicate-effect", "PUT /cart/items/{product}"),
    ("idempotency", "key-not-scoped", "POST /orders"),
    ("idempotency", "key-without-fingerprint", "POST /orders"),
    ("concurrency", "guard-bypass", "POST /orders"),
    ("concurrency", "guard-bypass", "POST /orders/{order}/coupon"),
    ("concurrency", "lost-update", "POST /transfers"),
    ("authentication", "ended-session", "GET /me"),
    ("authentication", "expired-token", "GET /me"),
    ("authentication", "unsigned-token", "GET /me"),
    ("authorization", "role-bypassed", "PUT /users/{member}/role"),
    ("authorization", "tenant-crossed", "GET /orders/{order}"),
    ("contract", "schema-violation", "GET /invoices/{invoice}"),
    ("exposure", "database-in-error", "POST /orders"),
    ("exposure", "secret-in-answer", "GET /users"),
    ("injection", "sql-injection", "GET /products"),
    ("inventory", "undeclared-route", "GET /debug/orders"),
    ("mass-assignment", "protected-column", "PATCH /me"),
    ("resources", "statements-per-row", "GET /orders"),
    ("roundtrip", "altered-value", "POST /products"),
    ("ssrf", "server-side-request-forgery", "POST /webhooks"),
    ("validation", "unhandled-input", "POST /coupons"),
    ("validation", "written-before-validation", "POST /coupons"),
}
SUSPECTED = {
    ("rollback", "transaction-open-during-call", "POST /orders/{order}/refund"),
    ("rollback", "uncompensated-call", "POST /orders/{order}/refund"),
    ("rollback", "error-not-translated", "POST /orders/{order}/refund"),
    ("rollback", "error-not-translated", "POST /orders/{order}/payment"),
    ("resources", "list-without-limit", "GET /orders"),
    ("validation", "unhandled-input", "POST /coupons"),
}


def demo(folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the JSON report of a run."""
    report = folder / "demo.json"
    ended = subprocess.run(
        [sys.executable, "-m", "seamproof", "demo", *options, "--report", f"json={report}"],
        cwd=folder,
        env=os.environ | {"XDG_CACHE_HOME": str(folder / "cache")},
        stdout=subprocess.DEVNULL,
        timeout=400,
        check=False,
    )
    return ended.returncode, json.loads(report.read_text())


def found(report: dict[str, Any], tier: str) -> set[tuple[str, str, str]]:
    return {
        (each["check"], each["class"], each["operation"])
        for each in report["findings"]
        if each["tier"] == tier
    }


@pytest.mark.long
def test_each_planted_defect_is_shown_by_its_check_every_time(tmp_path: Path) -> None:
    fingerprints = []
    for _ in range(2):
        code, report = demo(tmp_path)
        assert code == 1
        assert found(report, "proven") == PROVEN
        assert found(report, "suspected") == SUSPECTED
        assert report["summary"]["inconclusive"] == 0
        cancel = next(e for e in report["operations"] if e["id"] == "POST /orders/{order}/cancel")
        assert cancel["checks"]["concurrency"] == "skipped"
        assert cancel["reasons"]["concurrency"] == "the scenario names other checks"
        fingerprints.append(sorted(each["fingerprint"] for each in report["findings"]))
    assert fingerprints[0] == fingerprints[1]


@pytest.mark.long
def test_nothing_is_proven_or_suspected_of_the_fixed_twin(tmp_path: Path) -> None:
    code, report = demo(tmp_path, "--fixed")
    assert code == 0
    assert not found(report, "proven") | found(report, "suspected")
    assert report["summary"]["inconclusive"] == 0
