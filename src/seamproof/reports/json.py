"""The report that other programs read: one JSON object, versioned, written at once at the end.

Its shape is docs/reference/report.schema.json. A key is only ever added within one version.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from seamproof import __version__
from seamproof.core import codec
from seamproof.core.errors import ConfigurationError, MachineError
from seamproof.core.events import Event, RunFinished
from seamproof.core.experiment import Fault
from seamproof.core.history import Crossing, Exchange, Request, Response, RowChange
from seamproof.core.registry import reporter
from seamproof.core.verdict import Acceptance, Control, Evidence, Finding
from seamproof.reports import finding as explained
from seamproof.reports import overlap
from seamproof.reports.ledger import Ledger, OperationRecord

SCHEMA_VERSION = 1
_DRAFT = ".new"


@reporter("json", title="One versioned JSON object for other programs")
class JsonReport:
    """Writes the whole report in one step at the end, readable by its owner only."""

    def __init__(self, path: Path | None) -> None:
        """Write to `path`. Raises ConfigurationError where that cannot be, before anything runs."""
        if path is None:
            raise ConfigurationError(
                "the json report needs a file", hint="--report json=report.json"
            )
        self._path = path
        self._ledger = Ledger()
        if path.is_dir():
            raise ConfigurationError(f"{path} is a folder", hint="--report json=FILE")
        if not os.access(path.parent, os.W_OK):
            raise ConfigurationError(
                f"no file can be written in {path.parent}", hint="--report json=FILE"
            )
        _sweep(path)

    def on_event(self, event: Event) -> None:
        """Take the next event; the last one writes the file. Raises MachineError where it fails."""
        self._ledger.on_event(event)
        if isinstance(event, RunFinished):
            write(self._path, document(self._ledger))


def write(path: Path, report: dict[str, Any]) -> None:
    """Put the report in its place at once, so that a reader never sees half of one."""
    # ASCII alone: control and bidirectional characters of the target stay escaped.
    content = json.dumps(report, indent=1, ensure_ascii=True).encode() + b"\n"
    # A link stays one. What is no file, as /dev/stdout, is written to and not replaced.
    path = Path(os.path.realpath(path)) if path.is_file() else path
    special = path.exists() and not path.is_file()
    draft = path if special else path.with_name(f".{path.name}.{os.getpid()}{_DRAFT}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if not special:
                os.fsync(file.fileno())
        if not special:
            draft.replace(path)
    except OSError as error:
        if not special:
            draft.unlink(missing_ok=True)
        raise MachineError(
            f"the report {path} could not be written: {error.strerror}",
            hint="give another --report json=FILE",
        ) from error


def _sweep(path: Path) -> None:
    """Remove what a run left that was killed while it wrote this report."""
    for draft in path.parent.glob(f".{path.name}.*{_DRAFT}"):
        pid = draft.name.removesuffix(_DRAFT).rpartition(".")[2]
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            draft.unlink(missing_ok=True)
        except (ValueError, OSError):  # not ours, or another user's that lives
            continue


def document(ledger: Ledger) -> dict[str, Any]:
    """Return the whole report."""
    started = ledger.started
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {
            "name": "seamproof",
            "version": started.version if started else __version__,
            "target": started.target if started else "",
            "seed": started.seed if started else 0,
            "checks": list(ledger.checks),
        },
        "boundaries": {
            name: {"state": "ok" if each.sighted else "not observed", "detail": each.detail}
            for name, each in ledger.boundaries.items()
        },
        "operations": [_operation(ledger, each) for each in ledger.operations.values()],
        "findings": [_finding(ledger, each) for each in ledger.findings],
        "summary": _summary(ledger),
    }


def _operation(ledger: Ledger, record: OperationRecord) -> dict[str, Any]:
    entries = {check: ledger.entry(record.id, check) for check in ledger.checks}
    baseline = record.baseline
    return {
        "id": record.id,
        "risk": baseline.risk if baseline else 0.0,
        "risk_reasons": list(baseline.why) if baseline else [],
        "baseline": bool(baseline and baseline.reached),
        "baseline_reason": baseline.reason if baseline else "",
        "tables": list(baseline.tables) if baseline else [],
        "checks": {check: str(entry.outcome) for check, entry in entries.items()},
        "reasons": {check: entry.reason for check, entry in entries.items() if entry.reason},
    }


def _finding(ledger: Ledger, finding: Finding) -> dict[str, Any]:
    known = ledger.classes.get(finding.finding_class)
    return {
        "id": finding.id,
        "fingerprint": finding.fingerprint,
        "check": finding.check,
        "class": finding.finding_class,
        "tier": str(finding.tier),
        "operation": finding.operation,
        "boundary": str(finding.boundary),
        "title": explained.title(finding, known),
        "cwe": list(known.cwe) if known else [],
        "owasp": list(known.owasp) if known else [],
        "replays": explained.replays(finding),
        "also": list(finding.also),
        "accepted": _accepted(ledger.accepted.get(finding.fingerprint)),
        "evidence": _evidence(finding.evidence),
    }


def _accepted(acceptance: Acceptance | None) -> dict[str, str | None] | None:
    if acceptance is None:
        return None
    expires = acceptance.expires.isoformat() if acceptance.expires else None
    return {"reason": acceptance.reason, "owner": acceptance.owner, "expires": expires}


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "faults": [_fault(each) for each in explained.injected(evidence)],
        "exchanges": [_exchange(each) for each in evidence.exchanges],
        "crossing": _crossing(evidence.crossing) if evidence.crossing else None,
        "crossings": [_crossing(each) for each in evidence.crossings],
        "left": [_row(each) for each in evidence.left],
        "expected": [_row(each) for each in evidence.expected],
        "masked": list(evidence.masked),
        "control": _control(evidence.control) if evidence.control else None,
        "controls": [_control(each) for each in evidence.controls],
        "schedule": _schedule(evidence),
        "facts": dict(evidence.facts),
    }


def _schedule(evidence: Evidence) -> list[dict[str, Any]]:
    """Return whose turn it was and up to which crossing, where acts overlapped."""
    phase = overlap.overlapping(evidence)
    turns = phase.schedule.turns if phase is not None and phase.schedule is not None else ()
    return [
        {
            "act": turn.act,
            "until": {"shape": turn.until.shape, "occurrence": turn.until.occurrence}
            if turn.until is not None
            else None,
        }
        for turn in turns
    ]


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "kind": str(fault.kind),
        "sqlstate": fault.sqlstate,
        "status": fault.status,
        "boundary": str(fault.at.boundary),
        "shape": fault.at.shape,
        "occurrence": fault.at.occurrence,
    }


def _crossing(crossing: Crossing) -> dict[str, Any]:
    plain: dict[str, Any] = codec.plain(replace(crossing, request=None, response=None))
    key: dict[str, Any] = plain.pop("key")
    return (
        key
        | plain
        | {
            "fault": _fault(crossing.fault) if crossing.fault else None,
            "request": _request(crossing.request) if crossing.request else None,
            "response": _response(crossing.response) if crossing.response else None,
        }
    )


def _row(change: RowChange) -> dict[str, Any]:
    return {"table": change.table, "old": change.old, "new": change.new}


def _control(control: Control) -> dict[str, Any]:
    return {
        "description": control.description,
        "passed": control.passed,
        "exchange": _exchange(control.exchange) if control.exchange else None,
        "changes": [_row(each) for each in control.changes],
    }


def _exchange(exchange: Exchange) -> dict[str, Any]:
    return {
        "identity": exchange.act.identity or exchange.act.step.identity,
        "replica": exchange.act.replica,
        "sent": exchange.sent,
        "received": exchange.received,
        "request": _request(exchange.request),
        "response": _response(exchange.response) if exchange.response else None,
        "silence": str(exchange.silence) if exchange.silence else None,
    }


def _request(request: Request) -> dict[str, Any]:
    return {
        "method": request.method,
        "target": request.target,
        "headers": [list(each) for each in request.headers],
        **_body(request.body),
    }


def _response(response: Response) -> dict[str, Any]:
    return {
        "status": response.status,
        "headers": [list(each) for each in response.headers],
        "truncated": response.truncated,
        **_body(response.body),
    }


def _body(content: bytes) -> dict[str, str]:
    """Return a body as text, or as base64 (RFC 4648) where it is not UTF-8."""
    try:
        return {"body": content.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(content).decode()}


def _summary(ledger: Ledger) -> dict[str, Any]:
    ended = ledger.ended or RunFinished(0, 0, 0, 0, 0, 0.0, interrupted=True)
    return {
        "proven": ended.proven,
        "suspected": ended.suspected,
        "notes": ended.notes,
        "accepted": ended.accepted,
        "inconclusive": ended.inconclusive,
        "experiments": ended.experiments,
        "seconds": round(ended.seconds, 3),
        "interrupted": ended.interrupted,
        "confidence": round(ledger.confidence(), 3),
        "error": ended.crashed,
        "exit_code": ended.exit_code,
    }
