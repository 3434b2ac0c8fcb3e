"""Why a process did not come up: what its exit, its log and its ports say. Pure."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from seamproof.boundaries.tls import TlsFailure
from seamproof.core.errors import ServiceError
from seamproof.world.probe import Answered, Unanswered


@dataclass(frozen=True, slots=True)
class Symptoms:
    """What is known of a process that is not ready."""

    name: str
    key: str
    port: int | None
    exit_code: int | None
    waited: float
    """Seconds."""
    log: tuple[str, ...] = ()
    listening: tuple[tuple[str, int], ...] = ()
    """Addresses and ports that its family listens on."""
    answer: Answered | Unanswered | None = None
    """Of the last probe."""
    path: str = ""
    dropped: tuple[str, ...] = ()
    """Variables that it did not inherit."""
    tls_failure: TlsFailure | None = None
    """Why it went away from the database's port."""


_VARIABLE = r"['\"`]?(?P<name>[A-Z][A-Z0-9_]{2,})['\"`]?"
_MISSING = (
    re.compile(rf"KeyError: {_VARIABLE}\s*$"),
    re.compile(rf"{_VARIABLE} (?:is|was|must be|has to be) (?:not set|missing|required|set)\b"),
    re.compile(rf"(?i:missing|required|undefined|set the|no) (?:\w+ ){{0,4}}{_VARIABLE}"),
    re.compile(rf"(?i:environment variable):? {_VARIABLE}"),
    re.compile(rf"\$\{{?{_VARIABLE}\}}?:? (?:unbound variable|parameter not set)"),
)
_ERROR = re.compile(r"(?i)error|exception|panic|fatal")
_WORDS = 3
"""Lines that are shown where the last is no error."""
_FIELD = re.compile(r"^\s+Field required \[type=missing")


def diagnose(symptoms: Symptoms) -> ServiceError:
    """The error for a process that did not come up."""
    return ServiceError(_problem(symptoms), hint=_hint(symptoms), details=tuple(symptoms.log[-15:]))


def _problem(found: Symptoms) -> str:
    if found.exit_code is not None:
        return f"{found.name} ended with {exit_text(found.exit_code)} before it was ready"
    waited = f"{found.name} was not ready in {found.waited:g} s"
    if isinstance(found.answer, Answered):
        return f"{waited}: GET {found.path} on port {found.port} answers {found.answer.status}"
    if isinstance(found.answer, Unanswered) and found.answer.reason == "garbage":
        return f"{waited}: what port {found.port} answers is no HTTP: {found.answer.detail}"
    if isinstance(found.answer, Unanswered) and found.answer.reason == "silent":
        return f"{waited}: it accepts connections on port {found.port} and does not answer"
    if isinstance(found.answer, Unanswered) and found.answer.reason == "closed":
        return f"{waited}: it closes connections on port {found.port} without an answer"
    others = [where for where in found.listening if where[1] != found.port]
    if others:
        places = ", ".join(f"{host}:{port}" for host, port in others)
        return f"{waited}: it listens on {places}, and not on 127.0.0.1:{found.port}"
    same = [host for host, port in found.listening if port == found.port]
    if same:
        return f"{waited}: it listens on {same[0]}:{found.port}, and not on 127.0.0.1"
    return f"{waited}: nothing listens on port {found.port}"


def _hint(found: Symptoms) -> str:
    for rule in (_tls, _variable, _known_message):
        if hint := rule(found):
            return hint
    if found.exit_code is None:
        if isinstance(found.answer, Answered):
            section = found.key.partition(".")[0]
            return f"its answer begins: {found.answer.body[:200]!r}; see {section}.ready"
        if isinstance(found.answer, Unanswered) and found.answer.reason == "garbage":
            return f"let {found.key} serve plain HTTP/1.1 there: TLS and other protocols are not"
        if found.listening:
            return f"pass {{port}} to it in {found.key}, and let it listen on 127.0.0.1"
        slow = f"a slow start needs a larger {_section(found)}.start_timeout"
        return f"{_look(found)}; {slow}"
    return f"{_look(found)}; {found.key} is what was run"


def _look(found: Symptoms) -> str:
    return "see its last lines" if found.log else "it printed nothing"


def _section(found: Symptoms) -> str:
    return found.key.rpartition(".")[0]


def _tls(found: Symptoms) -> str:
    return tls_hint(found.tls_failure)


def tls_hint(failure: TlsFailure | None) -> str:
    """What to do about a client that went away because of TLS; nothing where none did."""
    if failure is None:
        return ""
    if failure.declined:
        return (
            "it insists on TLS to its database: set database.tls = true, or switch that off in its "
            "configuration"
        )
    return (
        f"its TLS handshake with the database failed ({failure.reason}): let it trust the "
        "authority of the run, whose file is {database.ca}"
    )


def _variable(found: Symptoms) -> str:
    name = missing_variable(found.log)
    if name is None:
        return ""
    hint = f"the variable {name} seems to be missing: set it in {_section(found)}.env"
    if name in found.dropped:
        hint += "; it is not inherited, because it could lead to a real database"
    return hint


def missing_variable(log: Sequence[str]) -> str | None:
    """The environment variable that a log complains of, from its end."""
    for index in range(len(log) - 1, -1, -1):
        if _FIELD.match(log[index]) and index:
            return log[index - 1].strip().upper()  # pydantic-settings names the field above
        for pattern in _MISSING:
            if match := pattern.search(log[index]):
                return match["name"]
    return None


_MESSAGES: tuple[tuple[re.Pattern[str], Callable[[Symptoms, re.Match[str]], str]], ...] = (
    (
        re.compile(r"(?i)address already in use|EADDRINUSE"),
        lambda found, _: f"its port is in use: let {found.key} listen on {{port}} and nothing else",
    ),
    (
        re.compile(r"No module named '?([\w.]+)"),
        lambda found, match: (
            f"the interpreter of {found.key} has no module {match[1]}: install it there, "
            "or name another interpreter"
        ),
    ),
    (
        re.compile(r"(?i)server does not support SSL|SSL was required|sslmode"),
        lambda *_: tls_hint(TlsFailure(declined=True)),
    ),
    (
        re.compile(
            r"(?i)certificate[ _]verify[ _]failed|unable to verify the first certificate"
            r"|self[- ]signed certificate in certificate chain"
        ),
        lambda *_: (
            "it does not trust a certificate: if that is its database's, give it {database.ca} as "
            "the authority"
        ),
    ),
    (
        re.compile(r'relation "([^"]+)" does not exist|no such table'),
        lambda *_: "its tables are not there: see database.migrate",
    ),
    (
        re.compile(r"(?i)permission denied for (?:schema|table|relation|database) \S+"),
        lambda *_: "its role may not do that: see database.role",
    ),
    (
        re.compile(r"(?i)password authentication failed|no pg_hba\.conf entry"),
        lambda *_: "it uses other credentials than it was given: see service.env",
    ),
    (
        re.compile(r"(?i)connection (?:to server .* )?(?:refused|failed)|ECONNREFUSED"),
        lambda *_: "what it connects to is not there: see service.env, or add a [processes] entry",
    ),
)


def _known_message(found: Symptoms) -> str:
    for line in reversed(found.log):
        for pattern, hint in _MESSAGES:
            if match := pattern.search(line):
                return hint(found, match)
    return ""


def last_words(log: Sequence[str]) -> str:
    """What a process that ended said last: the message, and not the frames of its stack, which
    follow it indented."""
    spoken = [line for line in log if not line[0].isspace() and any(map(str.isalnum, line))]
    if spoken and _ERROR.search(spoken[-1]):
        return spoken[-1]
    return " | ".join((spoken or list(log))[-_WORDS:])


def exit_text(code: int) -> str:
    """`exit code 3`, or `signal SIGKILL` where that ended it."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
