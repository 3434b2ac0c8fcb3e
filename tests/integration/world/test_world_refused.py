"""What does not come up, or uses another database, is stopped and told."""

import os
import socket
import time

import pytest
from tiny_worlds import TINY, refused, run

from seamproof.core.errors import (
    ConfigurationError,
    DatabaseError,
    MachineError,
    SafetyError,
    ServiceError,
)
from seamproof.world import guard


def test_a_service_that_connects_with_its_first_request(project):
    async def body(world):
        assert world.replicas[0].boundary.startups()

    run(project(env={"MODE": "lazy"}, service={"ready": "/count"}), body)


@pytest.mark.usefixtures("impatient")
def test_a_service_that_is_not_brought_to_connect_is_refused(project):
    error = refused(project(env={"MODE": "lazy"}), SafetyError)
    assert "service.ready" in error.hint


@pytest.mark.parametrize(
    ("mode", "problem", "hint"),
    [
        ("needs", "exit code 1", "the variable TINY_SECRET seems to be missing"),
        ("dies", "exit code 1", "see its last lines"),
        ("hangs", "nothing listens on port", "start_timeout"),
    ],
)
def test_a_service_that_does_not_come_up(project, mode, problem, hint):
    timeout = 1 if mode == "hangs" else 10
    config = project(env={"MODE": mode}, service={"start_timeout": timeout})
    error = refused(config, ServiceError)
    assert problem in error.problem
    assert hint in error.hint


def test_a_command_that_is_not_there(project):
    config = project(service={"command": "no-such-program --port {port}"})
    assert "no program 'no-such-program'" in refused(config, ServiceError).problem


def test_a_port_in_use(project):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config = project(processes={"cache": {"command": "sleep 60", "ready_port": port}})
        error = refused(config, MachineError)
    assert f"the process cache cannot use port {port}" in error.problem
    assert f"(pid {os.getpid()})" in error.problem


def test_a_service_that_connects_elsewhere_is_stopped(project, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setitem(guard.DATABASE_PORTS, port, "a database by its port")
        config = project(env={"MODE": "elsewhere", "ELSEWHERE": str(port)})
        error = refused(config, SafetyError)
    assert f"is connected to 127.0.0.1:{port}, a database by its port" in error.problem
    assert error.exit_code == 4


@pytest.mark.parametrize(
    ("mode", "problem"),
    [
        ("other-database", "asks for the database 'postgres'"),
        ("never", "has not connected to the database"),
    ],
)
@pytest.mark.usefixtures("impatient")
def test_a_service_that_does_not_use_its_database_is_stopped(project, mode, problem):
    assert problem in refused(project(env={"MODE": mode}), SafetyError).problem


def test_a_migration_that_fails_or_goes_elsewhere(project, monkeypatch):
    migrate = f"{{python}} {TINY.with_name('migrate.py')}"
    config = project(database={"migrate": migrate}, env={"MODE": "fails"})
    error = refused(config, DatabaseError)
    assert "of database.migrate failed with exit code 1" in error.problem
    assert "no more room" in error.details[-1]
    config = project(database={"migrate": migrate}, env={"MODE": "no-connection"})
    assert "did not connect" in refused(config, SafetyError).problem
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setitem(guard.DATABASE_PORTS, port, "a database by its port")
        env = {"MODE": "elsewhere", "ELSEWHERE": str(port)}
        started = time.monotonic()
        error = refused(project(database={"migrate": migrate}, env=env), SafetyError)
    assert f"127.0.0.1:{port}" in error.problem
    assert time.monotonic() - started < 30


def test_a_migration_that_does_not_end_is_told_what_to_raise(project):
    migrate = "{python} -c 'import time; time.sleep(60)'"
    error = refused(project(database={"migrate": migrate, "command_timeout": 0.5}), DatabaseError)
    assert "of database.migrate did not end in 0.5 s" in error.problem
    assert "database.command_timeout" in error.hint


def test_a_broken_migration_file_names_its_line(project):
    config = project()
    (config.root / "migrations" / "002_more.sql").write_text("SELECT 1;\nCREATE TABEL x (n int);\n")
    assert "002_more.sql:2" in refused(config, DatabaseError).problem


def test_a_build_that_fails(project):
    config = project(service={"build": "{python} -c 'raise SystemExit(\"no disk\")'"})
    error = refused(config, ServiceError)
    assert "the build failed with exit code 1" in error.problem
    assert error.details == ("no disk",)


def test_a_missing_secret_is_told_before_anything_starts(project, monkeypatch):
    monkeypatch.delenv("NOT_THERE", raising=False)
    error = refused(project(env={"KEY": "{env.NOT_THERE}"}), ConfigurationError)
    assert "service.env.KEY: the environment variable NOT_THERE is not set" in error.problem
