import pytest

from seamproof.boundaries.tls import TlsFailure
from seamproof.core.errors import Blame, ExitCode
from seamproof.world.diagnosis import (
    Symptoms,
    diagnose,
    exit_text,
    last_words,
    missing_variable,
)
from seamproof.world.probe import Answered, Unanswered


def symptoms(**changes):
    given = {
        "name": "replica 0 of the service",
        "key": "service.command",
        "port": 8000,
        "exit_code": None,
        "waited": 5.0,
        "path": "/health",
    }
    return Symptoms(**(given | changes))


@pytest.mark.parametrize(
    ("log", "name"),
    [
        (["    raise KeyError(key)", "KeyError: 'STRIPE_KEY'"], "STRIPE_KEY"),
        (["RuntimeError: SECRET_KEY is not set"], "SECRET_KEY"),
        (["Missing required environment variable: API_TOKEN"], "API_TOKEN"),
        (["environment variable JWT_SECRET not found"], "JWT_SECRET"),
        (["sh: line 1: APP_MODE: unbound variable", "${APP_MODE}: unbound variable"], "APP_MODE"),
        (
            [
                "pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings",
                "jwt_secret",
                "  Field required [type=missing, input_value={}, input_type=dict]",
            ],
            "JWT_SECRET",
        ),
        (["KeyError: 'id'"], None),
        (["everything is fine"], None),
        ([], None),
    ],
)
def test_the_missing_variable_is_found(log, name):
    assert missing_variable(log) == name


def test_a_variable_that_was_not_inherited_says_so():
    error = diagnose(
        symptoms(exit_code=1, log=("KeyError: 'DATABASE_URL'",), dropped=("DATABASE_URL",))
    )
    assert error.blame is Blame.SERVICE
    assert error.exit_code is ExitCode.USAGE
    assert "exit code 1" in error.problem
    assert "set it in service.env" in error.hint
    assert "not inherited" in error.hint
    assert error.details == ("KeyError: 'DATABASE_URL'",)


@pytest.mark.parametrize(
    ("changes", "problem", "hint"),
    [
        ({"exit_code": -9}, "ended with signal SIGKILL", "it printed nothing"),
        (
            {"listening": (("127.0.0.1", 9000),)},
            "listens on 127.0.0.1:9000, and not",
            "pass {port}",
        ),
        (
            {"listening": (("::1", 8000),)},
            "listens on ::1:8000, and not on 127.0.0.1",
            "pass {port}",
        ),
        ({}, "nothing listens on port 8000", "start_timeout"),
        ({"answer": Answered(503, "warming")}, "GET /health on port 8000 answers 503", "'warming'"),
        ({"answer": Unanswered("garbage", "b'SSH'")}, "is no HTTP: b'SSH'", ""),
        ({"answer": Unanswered("silent")}, "does not answer", ""),
        ({"answer": Unanswered("closed")}, "closes connections", ""),
        ({"exit_code": 1, "log": ("OSError: [Errno 98] Address already in use",)}, "", "in use"),
        (
            {"exit_code": 1, "log": ("ModuleNotFoundError: No module named 'app'",)},
            "",
            "module app",
        ),
        ({"exit_code": 1, "log": ('relation "users" does not exist',)}, "", "database.migrate"),
        ({"exit_code": 1, "log": ("password authentication failed for user",)}, "", "credentials"),
        ({"exit_code": 1, "log": ("server does not support SSL",)}, "", "database.tls = true"),
        (
            {"exit_code": 1, "log": ("KeyError: 'A_KEY'",), "tls_failure": TlsFailure(True)},
            "",
            "set database.tls = true",
        ),
        (
            {"tls_failure": TlsFailure(False, "TLSV1_ALERT_UNKNOWN_CA")},
            "",
            "failed (TLSV1_ALERT_UNKNOWN_CA): let it trust the authority of the run, whose file is "
            "{database.ca}",
        ),
        (
            {"exit_code": 1, "log": ("Error: unable to verify the first certificate",)},
            "",
            "{database.ca}",
        ),
    ],
)
def test_each_symptom_has_its_words(changes, problem, hint):
    error = diagnose(symptoms(**changes))
    assert problem in error.problem
    assert hint in error.hint


def test_exit_text():
    assert exit_text(3) == "exit code 3"
    assert exit_text(-15) == "signal SIGTERM"
    assert exit_text(-99) == "signal 99"


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (
            (
                "listening",
                "[ERROR] error: select $1 - value is out of range",
                "    at Socket.emit (node:events:524:28) {",
                "  code: '22003'",
                "}",
            ),
            "[ERROR] error: select $1 - value is out of range",
        ),
        (
            ("app.js:3", "    throw e", "Error: no till", "    at f", "Node.js v20"),
            "app.js:3 | Error: no till | Node.js v20",
        ),
        (("Traceback (most recent call last):", '  File "x"', "ValueError: 7"), "ValueError: 7"),
        (("started", "good bye"), "started | good bye"),
        (("  only", "  frames"), "  only |   frames"),
        ((), ""),
    ],
)
def test_last_words_are_the_message_and_no_frames_of_a_stack(
    log: tuple[str, ...], words: str
) -> None:
    assert last_words(log) == words
