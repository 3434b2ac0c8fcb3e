"""Bad input, end to end: each has a message with whose fault it is and what to do next, an exit
code, no traceback, and leaves nothing running and nothing behind.

A message is compared as one line with single spaces.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import socket
import stat
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from projects import PASSWORD, SALE, TABLES, Ended, Project

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("bad") / "till")


@pytest.fixture
def project(shared: Project) -> Iterator[Project]:
    """The one project, as it was: its cached template serves every test."""
    shared.write("migrations/001_sales.sql", TABLES)
    shared.scenarios(SALE)
    shared.configure()
    yield shared
    for each in ("runs", "profile.toml"):
        path = shared.root / ".seamproof" / each
        shutil.rmtree(path, ignore_errors=True)
        path.unlink(missing_ok=True)
    for path in (*shared.root.glob("*.yaml"), *shared.root.glob("*.json")):
        path.unlink()
    assert not shared.leftovers()


def refused(ended: Ended, code: int, *, blame: str, problem: str, hint: str) -> None:
    """Assert that a command ended with this message, and left nothing running."""
    assert ended.code == code, ended.printed
    assert ended.survivors == ()
    own = [line for line in ended.printed.splitlines() if not line.startswith("  | ")]
    assert "Traceback" not in "\n".join(own)
    message = ended.words.rpartition(f"error ({blame}): ")[2]
    assert message != ended.words, ended.printed
    said, _, next_ = message.partition(" next: ")
    assert re.search(problem, said), ended.printed
    assert re.search(hint, next_), ended.printed


# Before anything is started


@pytest.mark.parametrize(
    ("changed", "problem", "hint"),
    [
        ({"service_redy": "/"}, r"\[service\] has no key 'redy'", "did you mean service.ready"),
        (
            {"login_token": "access"},
            r"login.token is 'access', and must be a place in the answer: \$",
            "",
        ),
        ({"login_operation": "login"}, "login.operation .*'login'", ""),
    ],
)
def test_a_mistake_in_the_configuration(
    project: Project, changed: dict[str, str], problem: str, hint: str
) -> None:
    project.configure(**changed)
    refused(project.run(), 4, blame="configuration", problem=problem, hint=hint)


def test_no_configuration(project: Project, tmp_path: Path) -> None:
    (project.root / "seamproof.toml").rename(tmp_path / "kept.toml")
    ended = project.run()
    refused(ended, 4, blame="configuration", problem="no seamproof.toml in .*", hint="demo")


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        (
            "- act: {operation: POST /sales, as: anne}",
            r"scenarios.yaml:1: no identity is called 'anne'",
            "did you mean 'ann'",
        ),
        ("- act: {operation: POST /sales", r"scenarios.yaml:\d: .*expected", "correct the file"),
        ("- act: {operation: sales}", "scenarios.yaml:1: 'sales' is not METHOD /path", "POST /"),
        (
            "- act: {operation: POST /sales, json: {item: '{bread}'}}",
            "no earlier step extracts {bread}",
            "extract",
        ),
    ],
)
def test_a_mistake_in_a_scenario(project: Project, text: str, problem: str, hint: str) -> None:
    project.write("scenarios.yaml", text)
    refused(project.run(), 4, blame="configuration", problem=problem, hint=hint)


def test_a_scenario_file_that_cannot_be_read(project: Project) -> None:
    (project.root / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    refused(
        project.run(), 4, blame="configuration", problem="cannot read .*binary.yaml", hint="UTF-8"
    )


def test_no_scenario_at_all(project: Project) -> None:
    (project.root / "scenarios.yaml").unlink()
    refused(project.run(), 5, blame="configuration", problem="no scenario file", hint="write one")


def test_no_scenario_and_nowhere_to_find_one(project: Project) -> None:
    project.configure(discovery_skip=[], service_openapi="/nowhere.json")
    project.write("scenarios.yaml", "scenarios: []\n")
    problem = r"no scenario file .* no OpenAPI document is at /nowhere\.json"
    refused(project.run(), 5, blame="configuration", problem=problem, hint="service.openapi")


@pytest.mark.parametrize(
    ("arguments", "code", "problem", "hint"),
    [
        (("run", "--check", "rolback"), 4, "no check is called 'rolback'", "mean rollback"),
        (("run", "--operation", "POST /sale"), 5, "no operation matches", "mean POST /sales"),
        (("replay", "F-000000"), 4, "no finding F-000000 in ", "seamproof run"),
    ],
)
def test_a_name_that_nothing_has(
    project: Project, arguments: tuple[str, ...], code: int, problem: str, hint: str
) -> None:
    ended = project.run(*arguments)
    refused(ended, code, blame="configuration", problem=problem, hint=hint)


@pytest.mark.parametrize(
    ("text", "problem"),
    [("volatile = [", "is no TOML"), ("volatil = []", "unknown key 'volatil'")],
)
def test_a_profile_that_was_broken_by_hand(project: Project, text: str, problem: str) -> None:
    project.write(".seamproof/profile.toml", text)
    ended = project.run()
    refused(ended, 4, blame="configuration", problem=f"profile.toml.* {problem}", hint="delete")
    assert "database" not in ended.printed, "refused before anything was started"


def test_a_project_that_cannot_be_written(tmp_path: Path) -> None:
    project = Project(tmp_path / "till")
    prefix: tuple[str, ...] = ()
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may write everywhere")
        right = "-dac_override,-dac_read_search"
        prefix = ("setpriv", f"--bounding-set={right}", f"--inh-caps={right}")
    project.root.chmod(0o555)
    try:
        ended = project.run(prefix=prefix)
    finally:
        project.root.chmod(0o755)
    refused(ended, 4, blame="machine", problem=".seamproof cannot be written", hint="beside the")


# The database


def test_a_database_that_is_not_there(project: Project) -> None:
    project.configure(database_url=f"postgresql://u:s3cretive@127.0.0.1:{_closed()}/postgres")
    ended = project.run()
    refused(ended, 4, blame="database", problem="nothing listens at 127.0.0.1", hint="start it")
    assert "s3cretive" not in ended.printed


def test_a_database_that_refuses_the_password(project: Project) -> None:
    with _refusing() as port:
        project.configure(database_url=f"postgresql://u:s3cretive@127.0.0.1:{port}/postgres")
        ended = project.run()
    refused(ended, 4, blame="database", problem="refuses: password authentication", hint="password")
    assert "s3cretive" not in ended.printed


def test_a_migration_file_that_fails(project: Project) -> None:
    project.write("migrations/001_sales.sql", f"{TABLES}CREATE TABLE;\n")
    problem = "001_sales.sql:2: syntax error"
    refused(project.run(), 4, blame="database", problem=problem, hint="mend the file")


def test_a_migration_command_that_fails(project: Project) -> None:
    project.configure(database_migrate="{python} -c 'raise SystemExit(chr(110) + chr(111))'")
    ended = project.run()
    problem = r"the command of database.migrate failed with exit code 1 \| no$"
    hint = f"database.migrate; its logs are in {project.root}"
    refused(ended, 4, blame="database", problem=problem, hint=hint)
    assert [each.name for each in project.logs()] == ["migrate.log"]


# The service does not come up


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
        with _serving(elsewhere, lambda caller: None):
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


def _closed() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@contextmanager
def _refusing() -> Iterator[int]:
    """A server that answers every startup as PostgreSQL answers a wrong password."""
    fields = b'SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "u"\0\0'
    answer = b"E" + struct.pack("!i", len(fields) + 4) + fields

    def refuse(caller: socket.socket) -> None:
        while data := caller.recv(4096):
            # SSLRequest and GSSENCRequest are declined, a startup is refused.
            asks = struct.unpack("!ii", data[:8])[1] in (80877103, 80877104)
            caller.sendall(b"N" if asks else answer)
            if not asks:
                caller.close()
                return

    with socket.create_server(("127.0.0.1", 0)) as server, _serving(server, refuse):
        yield server.getsockname()[1]


@contextmanager
def _serving(server: socket.socket, serve: Callable[[socket.socket], None]) -> Iterator[None]:
    """Take every connection to a server and keep it, and `serve` one after the other."""
    callers: list[socket.socket] = []
    ended = threading.Event()

    def accept() -> None:
        while not ended.is_set():
            if select.select([server], [], [], 0.05)[0]:
                callers.append(server.accept()[0])
                serve(callers[-1])

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(5)
        for each in callers:
            each.close()
