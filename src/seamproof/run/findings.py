"""Verdicts to findings: one a defect, stored where `seamproof replay` finds them."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from seamproof.core import codec
from seamproof.core.errors import ConfigurationError, MachineError
from seamproof.core.experiment import BoundaryKind
from seamproof.core.registry import Part
from seamproof.core.subject import Job, Result
from seamproof.core.verdict import Finding, Outcome, Tier, Verdict, fingerprint
from seamproof.run import private
from seamproof.run.catalogue import classes_of
from seamproof.run.provenance import Provenance

T = TypeVar("T")
_FINDINGS, _TESTS = "findings", "tests"
_SURENESS = (Tier.NOTE, Tier.SUSPECTED, Tier.PROVEN)


def collect(verdicts: Iterable[Verdict], parts: dict[str, Part]) -> tuple[Finding, ...]:
    """The findings among verdicts, the surest verdict of each defect, surest first.

    Of verdicts that are as sure the first is taken, and the other operations in the order that they
    come in: give those of the riskiest operation first.
    """
    shown: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        note = verdict.tier is Tier.NOTE and bool(verdict.finding_class)
        if verdict.outcome is Outcome.VIOLATED or note:
            shown.setdefault(_name(verdict), []).append(verdict)
    findings = [_finding(name, each, parts) for name, each in shown.items()]
    return tuple(
        sorted(findings, key=lambda each: (-_sureness(each.tier), each.check, each.fingerprint))
    )


def _sureness(tier: Tier) -> int:
    return _SURENESS.index(tier)


def _name(verdict: Verdict) -> str:
    check, finding_class = verdict.check, verdict.finding_class
    if verdict.cause:
        return fingerprint(check, finding_class, "", "", verdict.cause)
    return fingerprint(check, finding_class, verdict.operation, verdict.table, verdict.shape)


def _finding(name: str, verdicts: Sequence[Verdict], parts: dict[str, Part]) -> Finding:
    surest = max(verdicts, key=lambda each: _sureness(each.tier))
    operations = dict.fromkeys(each.operation for each in verdicts)
    return Finding(
        name,
        surest.check,
        surest.finding_class,
        surest.tier,
        surest.operation,
        _boundary(surest, parts[surest.check]),
        surest.replays,
        surest.evidence,
        tuple(each for each in operations if each != surest.operation),
        surest.cause,
    )


def _boundary(verdict: Verdict, part: Part) -> BoundaryKind:
    """The boundary that is broken: the class says it, where the check has several."""
    for each in classes_of(part):
        if each.name == verdict.finding_class:
            return each.boundary
    return part.boundary or BoundaryKind.HTTP_IN


class Docket:
    """Results in, findings out: one a defect, the same whatever order the results come in.

    The scenarios of one operation may show the same defect. So its findings wait for all of its
    jobs, and the surest verdict of each defect is reported: of equals, that of the riskiest job.
    Any operation may show a cause that several share. So those findings wait for all jobs.
    """

    def __init__(
        self, jobs: Iterable[Job], parts: dict[str, Part], report: Callable[[Finding], None]
    ) -> None:
        self._parts = parts
        self._report = report
        self._operations = {job.number: job.operation for job in jobs}
        self._open: dict[str, set[int]] = {}
        """The jobs by operation whose findings were not reported yet."""
        for number, operation in self._operations.items():
            self._open.setdefault(operation, set()).add(number)
        self._results: dict[int, Result] = {}
        self._shared: dict[int, tuple[Verdict, ...]] = {}
        """By job, the verdicts whose cause other operations may share."""

    def add(self, result: Result) -> None:
        """Take one result, and report the operation's findings where it was the last."""
        self._results[result.job] = result
        operation = self._operations[result.job]
        if self._open[operation] <= self._results.keys():
            self._release(operation)

    def close(self) -> None:
        """Report what is left: also of operations whose jobs did not all come to their end."""
        for operation in tuple(self._open):
            self._release(operation)
        self._tell(each for _, verdicts in sorted(self._shared.items()) for each in verdicts)
        self._shared = {}

    def _release(self, operation: str) -> None:
        own: list[Verdict] = []
        for number in sorted(self._open.pop(operation) & self._results.keys()):
            verdicts = [v for each in self._results[number].judged for v in each.verdicts]
            own += (each for each in verdicts if not each.cause)
            self._shared[number] = tuple(each for each in verdicts if each.cause)
        self._tell(own)

    def _tell(self, verdicts: Iterable[Verdict]) -> None:
        for finding in collect(verdicts, self._parts):
            self._report(finding)


class Shelf:
    """The findings of the runs of one project, `.seamproof/runs/<run>/findings/F-….json`."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs

    def put(self, run: str, finding: Finding, provenance: Provenance | None = None) -> Path:
        """Store a finding under a run, with the test that it is of; only its owner may read it.
        Raises MachineError."""
        name = f"{finding.id}.json"
        if provenance is not None:
            _write(self._runs / run / _TESTS / name, codec.dump(provenance, indent=1))
        path = self._runs / run / _FINDINGS / name
        _write(path, codec.dump(finding, indent=1))
        return path

    def get(self, name: str) -> Finding:
        """The newest finding of this name, `F-3a9c01` or its beginning.

        Raises ConfigurationError where none is, or several begin so.
        """
        return _read(Finding, self._path(name))

    def provenance(self, name: str) -> Provenance | None:
        """What the newest finding of this name is of, where a check has shown it on a test.

        Raises ConfigurationError as `get` does.
        """
        path = self._path(name)
        beside = path.parent.with_name(_TESTS) / path.name
        return _read(Provenance, beside) if beside.is_file() else None

    def _path(self, name: str) -> Path:
        wanted = name if name.startswith("F-") else f"F-{name}"
        paths = sorted(
            self._runs.glob(f"*/{_FINDINGS}/{glob.escape(wanted)}*.json"),
            key=lambda path: path.parts[-3],
        )
        if not paths:
            raise ConfigurationError(
                f"no finding {wanted} in {self._runs}",
                hint="findings are kept by `seamproof run`; its report lists their names",
            )
        names = sorted({path.stem for path in paths})
        if len(names) > 1:
            raise ConfigurationError(
                f"{wanted} is the beginning of {len(names)} findings", hint=", ".join(names)
            )
        return paths[-1]


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        private.write(path, content)
    except OSError as error:
        raise MachineError(
            f"{path} cannot be written: {error.strerror}",
            hint="seamproof keeps findings there, for `seamproof replay`",
        ) from None


def _read(kind: type[T], path: Path) -> T:
    try:
        return codec.load(kind, path.read_bytes())
    except ValueError as error:
        raise ConfigurationError(
            f"{path} is no finding of this version: {str(error).splitlines()[0]}",
            hint="run `seamproof run` again",
        ) from None
