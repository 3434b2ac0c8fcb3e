from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from report_samples import (
    CHARGE,
    CROSSINGS,
    EVENTS,
    EVIDENCE,
    FINDING,
    FINISHED,
    PARTIAL,
    STARTED,
    call,
    changed,
    exchange,
)

from seamproof.core.errors import ConfigurationError, MachineError
from seamproof.core.events import Event, FindingReported, RunFinished
from seamproof.core.experiment import Fault, FaultKind
from seamproof.core.verdict import Acceptance
from seamproof.reports.json import JsonReport

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "docs/reference/report.schema.json").read_text(encoding="utf-8")
)


def written(path: Path, *events: Event) -> dict[str, Any]:
    report = JsonReport(path)
    for event in events:
        report.on_event(event)
    loaded: dict[str, Any] = json.loads(path.read_bytes())
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(loaded, SCHEMA, jsonschema.Draft202012Validator)
    return loaded


def test_the_report_has_the_promised_shape(tmp_path: Path) -> None:
    report = written(tmp_path / "r.json", *EVENTS)
    assert report["schema_version"] == 1
    assert report["tool"]["seed"] == 7
    assert report["boundaries"]["http-out"] == {"state": "not observed", "detail": ""}
    assert report["operations"][0] == {
        "id": "POST /orders",
        "risk": 3.5,
        "risk_reasons": [],
        "baseline": True,
        "baseline_reason": "",
        "tables": ["orders", "products"],
        "checks": {"rollback": "violated", "trace": "held"},
        "reasons": {"trace": "12 histories"},
    }
    assert report["operations"][2]["checks"] == {"rollback": "not run", "trace": "not run"}
    assert report["summary"] == {
        "proven": 1,
        "suspected": 0,
        "notes": 0,
        "accepted": 0,
        "inconclusive": 1,
        "experiments": 2,
        "seconds": 1.25,
        "confidence": 0.45,
        "interrupted": False,
        "error": "",
        "exit_code": 1,
    }


def test_a_finding_names_its_crossing_statement_and_rows(tmp_path: Path) -> None:
    (finding,) = written(tmp_path / "r.json", *EVENTS)["findings"]
    assert finding["id"] == FINDING.id
    assert finding["class"] == "partial-state"
    assert finding["title"] == "a failure in POST /orders leaves a part of its rows"
    assert finding["replays"] == "3/3"
    evidence = finding["evidence"]
    assert evidence["faults"][0]["sqlstate"] == "40001"
    assert evidence["crossing"]["statement"].startswith("UPDATE products")
    assert evidence["crossing"]["fault"]["kind"] == "error"
    assert evidence["left"][0]["new"]["id"] == "10001"
    assert [each["response"]["status"] for each in evidence["exchanges"]] == [500, 201]
    assert evidence["control"]["passed"] is True


def test_a_finding_says_what_its_class_is_known_as(tmp_path: Path) -> None:
    listed = replace(PARTIAL, cwe=(460, 755), owasp=("API6:2023",))
    started = replace(STARTED, classes=(listed,))
    (finding,) = written(tmp_path / "r.json", started, *EVENTS[1:])["findings"]
    assert (finding["cwe"], finding["owasp"]) == ([460, 755], ["API6:2023"])
    # A class that nobody declared is not known by any name.
    bare = replace(STARTED, classes=())
    (finding,) = written(tmp_path / "r.json", bare, *EVENTS[1:])["findings"]
    assert (finding["cwe"], finding["owasp"]) == ([], [])


def test_an_accepted_finding_says_why_by_whom_and_until_when(tmp_path: Path) -> None:
    assert written(tmp_path / "r.json", *EVENTS)["findings"][0]["accepted"] is None
    for expires, told in ((date(2027, 1, 1), "2027-01-01"), (None, None)):
        reported = FindingReported(FINDING, Acceptance("known", "ann", expires))
        ended = replace(FINISHED, proven=0, accepted=1)
        report = written(tmp_path / "r.json", STARTED, reported, ended)
        accepted = report["findings"][0]["accepted"]
        assert accepted == {"reason": "known", "owner": "ann", "expires": told}
        assert (report["summary"]["proven"], report["summary"]["accepted"]) == (0, 1)


def test_bytes_and_hostile_text_survive_as_data(tmp_path: Path) -> None:
    hostile = changed(
        exchanges=(exchange(500, b"\xff\x00"), exchange(200, "\x1b[2J\u202e".encode())),
        left=(replace(EVIDENCE.left[0], new={"a\x1b": "\udcff\x9b"}),),
    )
    path = tmp_path / "r.json"
    report = written(path, STARTED, FindingReported(hostile), FINISHED)
    exchanges = report["findings"][0]["evidence"]["exchanges"]
    assert exchanges[0]["response"]["body_base64"] == "/wA="
    assert exchanges[1]["response"]["body"] == "\x1b[2J\u202e"
    assert all(byte == 0x0A or 0x20 <= byte < 0x7F for byte in path.read_bytes())


def test_an_interrupted_run_and_one_that_did_not_begin_are_written(tmp_path: Path) -> None:
    interrupted = RunFinished(0, 0, 0, 0, 3, 0.5, interrupted=True, exit_code=2)
    report = written(tmp_path / "a.json", *EVENTS[:14], interrupted)
    assert report["summary"]["interrupted"] is True
    assert report["operations"][0]["reasons"]["trace"] == "the run ended before it"
    refused = RunFinished(0, 0, 0, 0, 0, 0.0, crashed="no seamproof.toml", exit_code=4)
    report = written(tmp_path / "b.json", refused)
    assert report["summary"]["error"] == "no seamproof.toml"
    assert report["operations"] == []


def test_it_is_written_at_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text("of an earlier run")
    report = JsonReport(path)
    for event in EVENTS[:-1]:
        report.on_event(event)
    assert path.read_text() == "of an earlier run"
    report.on_event(EVENTS[-1])
    assert json.loads(path.read_text())["schema_version"] == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["r.json"]


def test_a_place_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    for path in (None, tmp_path, tmp_path / "missing" / "r.json"):
        with pytest.raises(ConfigurationError) as refused:
            JsonReport(path)
        assert "--report json=" in refused.value.hint


def test_a_place_that_went_away_is_an_error_of_the_machine(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    report = JsonReport(folder / "r.json")
    folder.rmdir()
    with pytest.raises(MachineError, match="could not be written"):
        report.on_event(FINISHED)


def test_a_call_is_a_crossing_with_request_and_response(tmp_path: Path) -> None:
    fault = Fault(FaultKind.ERROR, CHARGE, status=503)
    finding = changed(crossings=(call(503, fault=fault), CROSSINGS[0]))
    report = written(tmp_path / "r.json", FindingReported(finding), FINISHED)
    called, begun = report["findings"][0]["evidence"]["crossings"]
    assert (called["kind"], called["shape"], called["tag"]) == ("call", CHARGE.shape, "503")
    assert called["fault"]["status"] == 503
    assert called["request"] == {
        "method": "POST",
        "target": "/charges",
        "headers": [["host", "payments"]],
        "body_base64": "YW1vdW50Pf8=",
    }
    assert called["response"]["body"] == '{"id": 1}'
    assert begun["request"] is begun["response"] is None


@pytest.mark.parametrize("key", SCHEMA["required"])
def test_the_schema_misses_no_key(tmp_path: Path, key: str) -> None:
    report = written(tmp_path / "r.json", *EVENTS)
    del report[key]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report, SCHEMA, jsonschema.Draft202012Validator)
