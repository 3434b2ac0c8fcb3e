"""Services that do not come up, let nobody in, or fail in the middle: as with bad input each has a
message with whose fault it is and what to do next, and an exit code.
"""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest
from projects import PASSWORD, SALE, Project, refused
from stand_ins import serving

pytestmark = pytest.mark.timeout(240)


# A service does not come up


def test_a_command_that_is_no_program(project: Project) -> None:
    project.configure(service_command="no-such-program {port}")
    ended = project.run()
    refused(ended, 4, blame="service", problem="no program 'no-such-program'", hint="install it")
    assert project.logs() == []
    assert "logs are in" not in ended.words


def test_a_service_that_dies_at_its_start(project: Project) -> None:
    ended = project.run(till="dies at start")
    problem = r"ended with exit code 1 before it was ready \| no licence was found"
    refused(ended, 4, blame="service", problem=problem, hint="service.command.*logs are in")
    (log,) = project.logs()
    assert log.read_text() == "no licence was found\n"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("till", "problem", "hint"),
    [
        ("hangs at start", "not ready in 1 s: nothing listens", "service.start_timeout"),
        pytest.param(
            "garbage at start",
            "not ready in 1 s: what port .* answers is no HTTP",
            "plain HTTP",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_service_that_is_not_ready(project: Project, till: str, problem: str, hint: str) -> None:
    project.configure(service_start_timeout=1)
    refused(project.run(till=till), 4, blame="service", problem=problem, hint=hint)


def test_a_port_that_is_in_use(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = project.run(TILL_PORT=str(taken.getsockname()[1]))
    problem = "ended with exit code 1 .* Address already in use"
    refused(ended, 4, blame="service", problem=problem, hint=r"listen on \{port\}")


@pytest.mark.long
def test_a_port_in_use_that_another_process_of_the_service_needs(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        project.configure(f'[processes.clock]\ncommand = "sleep 60"\nready_port = {port}\n')
        ended = project.run()
    problem = f"the process clock cannot use port {port}: "
    refused(ended, 4, blame="machine", problem=problem, hint="stop that program")


@pytest.mark.parametrize(
    ("till", "problem"),
    [
        pytest.param(
            "other database",
            "asks for the database 'postgres', and not for 'seamproof_",
            marks=pytest.mark.long,
        ),
        ("other server", "is connected to .*, a PostgreSQL server by its socket"),
        pytest.param(
            "never connects",
            "has not connected to the database that was made for it",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_service_that_uses_another_database(
    project: Project, tmp_path: Path, till: str, problem: str
) -> None:
    place = tmp_path / ".s.PGSQL.5432"
    with socket.socket(socket.AF_UNIX) as elsewhere:
        elsewhere.bind(str(place))
        elsewhere.listen()
        with serving(elsewhere, lambda caller: None):
            ended = project.run(till=till, TILL_ELSEWHERE=str(place))
    hint = "takes? its database from elsewhere.* service.env"
    refused(ended, 4, blame="configuration", problem=problem, hint=hint)


# Signing in


def test_a_login_that_is_refused(project: Project) -> None:
    ended = project.run(till="login refused")
    problem = "the login of 'ann' was refused: POST /login answered 401 .*wrong password"
    refused(ended, 4, blame="service", problem=problem, hint=r"password in \[identities\]")


def test_a_login_that_is_not_there(project: Project) -> None:
    project.configure(login_operation="POST /signin")
    hint = "/openapi.json has no POST /signin.*POST /login"
    refused(project.run(), 4, blame="service", problem="POST /signin answered 404", hint=hint)


def test_a_token_that_is_shown_where_nobody_looks(project: Project) -> None:
    project.configure(login_header="X-Nowhere")
    problem = (
        r"authentication does not work: of \d+ requests .* none .* 2xx.*"
        r"ann: POST /login, token from \$.token in the header X-Nowhere: \d+ requests, answered 401"
    )
    ended = project.run(till="sessions in memory")
    refused(ended, 4, blame="configuration", problem=problem, hint=r"\[identities\]")


def test_what_is_open_to_everybody_proves_no_sign_in(project: Project) -> None:
    project.configure(login_header="X-Nowhere", discovery_skip=[])
    ended = project.run(till="sessions in memory")
    problem = "authentication does not work"
    refused(ended, 4, blame="configuration", problem=problem, hint=r"\[identities\]")


@pytest.mark.long
def test_a_login_that_gives_no_token(project: Project) -> None:
    project.configure(login_token="$.access")
    ended = project.run()
    problem = "gave no token: \\$ has no 'access', it has: token"
    refused(ended, 4, blame="service", problem=problem, hint="login.token")


def test_a_login_that_breaks_off(project: Project) -> None:
    ended = project.run(till="login closes")
    problem = r"got no response: the connection was closed \| login: no cashier with <redacted:"
    refused(ended, 4, blame="service", problem=problem, hint=f"its logs are in {project.root}")
    assert PASSWORD not in ended.printed
    assert PASSWORD not in "".join(each.read_text() for each in project.logs())


@pytest.mark.long
def test_a_login_that_hangs(project: Project) -> None:
    ended = project.run(till="login hangs")
    refused(ended, 4, blame="service", problem="did not answer in 30 s", hint="identities")


# Scenarios


def test_scenarios_that_cannot_be_acted_out(project: Project) -> None:
    project.scenarios(
        "{act: {operation: POST /sale}}",
        "{act: {operation: POST /garbage}}",
        "{act: {operation: POST /die}}",
        "{name: number, act: {operation: POST /sales, as: ann, json: {item: '{sold}'}}, arrange: "
        "[{operation: POST /sales, as: ann, json: {item: b}, extract: {sold: $.number}}]}",
    )
    ended = project.run("run", "--report", "json=report.json")
    hint = f"scenarios; its logs are in {project.root}"
    refused(ended, 5, blame="configuration", problem="no scenario answers as it must", hint=hint)
    reasons = {each["id"]: each["baseline_reason"] for each in project.report()["operations"]}
    near = "/openapi.json has no POST /sale, did you mean POST /sales?"
    assert reasons["POST /sale"].endswith(near)
    assert "cannot extract 'sold': $ has no 'number', it has: id" in reasons["POST /sales"]
    assert reasons["POST /garbage"] == "no answer (garbage)"
    died = "no answer (closed); replica 0 of the service ended with exit code 3: the till is on"
    assert reasons["POST /die"].startswith(died)
    assert all(reason in ended.words for reason in reasons.values())


@pytest.mark.long
def test_a_service_that_dies_under_every_scenario(project: Project) -> None:
    project.scenarios("{act: {operation: POST /die}}")
    ended = project.run()
    refused(ended, 5, blame="service", problem="exit code 3: the till is on fire", hint="printed")


def test_what_fails_does_not_keep_the_others_from_being_checked(project: Project) -> None:
    project.scenarios(SALE, "{act: {operation: POST /die}}")
    ended = project.run("run", "--check", "trace", "--report", "json=report.json")
    assert ended.code == 0, ended.printed
    assert ended.survivors == ()
    assert "ended with exit code 3: the till is on fire" in ended.words
    checks = {each["id"]: each["checks"] for each in project.report()["operations"]}
    assert checks == {"POST /sales": {"trace": "held"}, "POST /die": {"trace": "not run"}}


@pytest.mark.long
def test_an_operation_that_hangs(project: Project) -> None:
    project.scenarios(SALE, "{act: {operation: GET /slow}}")
    ended = project.run("run", "--check", "trace")
    assert ended.code == 0, ended.printed
    assert ended.survivors == ()
    assert "no baseline GET /slow: no answer (timeout)" in ended.words
    assert "POST /sales trace held" in ended.words
    assert ended.seconds < 45, "what hangs is asked once"


# In the middle


def test_state_in_the_process_is_inconclusive_and_fails_a_strict_run(project: Project) -> None:
    ended = project.run("run", "--strict", "--check", "trace", till="counts in memory")
    assert ended.code == 7, ended.printed
    assert ended.survivors == ()
    assert "inconclusive: equal runs leave other numbers in sales.price" in ended.words


def test_sessions_in_the_process_are_named(project: Project) -> None:
    project.configure(service_replicas=2)
    ended = project.run("run", "--check", "trace", till="sessions in memory")
    assert ended.code == 0, ended.printed
    said = "POST /sales as ann: replica 1 answers 401 where replica 0 answers 201"
    assert said in ended.words


def test_a_service_that_dies_for_good(project: Project) -> None:
    try:
        ended = project.run("run", "--report", "json=report.json", till="dies on errors")
    finally:
        (project.root / "grave").unlink(missing_ok=True)
    problem = r"ended with exit code 1 before it was ready \| .*not after what happened"
    hint = f"service.command.*; its logs are in {project.root}"
    refused(ended, 4, blame="service", problem=problem, hint=hint)
    summary = project.report()["summary"]
    assert summary["exit_code"] == 4
    assert "before it was ready" in summary["error"]


def test_an_interrupt_in_the_middle_of_experiments(project: Project) -> None:
    ended = project.interrupt(
        *("run", "--report", "json=report.json"),
        till="slow to sell",
        when=lambda printed: "profile " in printed.read_text(),
    )
    assert ended.code == 2, ended.printed
    assert ended.seconds < 5
    assert ended.survivors == ()
    assert "Traceback" not in ended.printed
    summary = project.report()["summary"]
    assert summary["interrupted"] is True
    assert summary["experiments"] > 0
    assert not project.leftovers()
