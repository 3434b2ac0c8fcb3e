"""Bad input, end to end: each has a message with whose fault it is and what to do next, an exit
code, no traceback, and leaves nothing running and nothing behind.

A message is compared as one line with single spaces.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from projects import TABLES, Project, refused
from stand_ins import closed_port, refusing_passwords

pytestmark = pytest.mark.timeout(240)


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


def test_a_matrix_of_access_that_was_broken_by_hand(project: Project) -> None:
    project.write(".seamproof/access.toml", 'reviewed = "maybe"')
    ended = project.run("run", "--check", "authorization")
    problem, hint = "access.toml: reviewed is 'maybe'", "delete"
    refused(ended, 4, blame="configuration", problem=problem, hint=hint)
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
    project.configure(database_url=f"postgresql://u:s3cretive@127.0.0.1:{closed_port()}/postgres")
    ended = project.run()
    refused(ended, 4, blame="database", problem="nothing listens at 127.0.0.1", hint="start it")
    assert "s3cretive" not in ended.printed


def test_a_database_that_refuses_the_password(project: Project) -> None:
    with refusing_passwords() as port:
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
