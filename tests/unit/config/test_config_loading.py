import textwrap
from pathlib import Path

import pytest

from seamproof.config import load
from seamproof.config.loading import find
from seamproof.core.errors import ConfigurationError, ExitCode
from seamproof.core.model import AuthKind

MINIMAL = """
[service]
command = "{python} -m app --port {port}"
"""


def written(folder: Path, text: str, name: str = "seamproof.toml") -> Path:
    file = folder / name
    file.write_text(textwrap.dedent(text))
    return file


def refusal(folder: Path, text: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        load(written(folder, text))
    assert caught.value.exit_code is ExitCode.USAGE
    return caught.value


def test_an_ordinary_service_needs_at_most_25_lines(tmp_path):
    config = load(
        written(
            tmp_path,
            """
            [service]
            command = "uvicorn app.main:app --port {port}"
            build = "npm ci"
            ready = "/health"
            openapi = "/openapi.json"
            env = { DATABASE_URL = "{database.url}", PAYMENTS_URL = "{stubs.payments.url}" }
            files = { "app.cfg" = "templates/app.cfg" }
            replicas = 2
            retry_safe = ["POST /orders"]
            [processes.redis]
            command = "redis-server --port {port}"
            flush = "redis-cli -p {port} flushall"
            [stubs.payments]
            replies = { "POST /charges" = { status = 201, json = { status = "succeeded" } } }
            [database]
            engine = "postgres"
            migrate = "alembic upgrade head"
            seed = "python -m app.seed"
            [identities.alice]
            login = { operation = "POST /login", body = { p = "{env.ALICE}" }, token = "$.token" }
            [identities.bob]
            basic = { username = "bob", password = "{env.BOB}" }
            register = { operation = "put /accounts/bob", body = { password = "{env.BOB}" } }
            """,
        )
    )
    assert config.root == tmp_path
    assert config.service.retry_safe == ("POST /orders",)
    assert config.processes["redis"].listens == "{port}"
    assert [each.json_ for each in config.stubs["payments"].replies["POST /charges"]] == [
        {"status": "succeeded"}
    ]
    assert config.identities["alice"].kind is AuthKind.BEARER
    assert config.identities["bob"].register_.operation == "PUT /accounts/bob"
    assert config.path("templates/app.cfg") == tmp_path / "templates/app.cfg"


def test_secrets_come_from_the_environment(tmp_path):
    config = load(
        written(
            tmp_path,
            MINIMAL + '[identities.bob]\nbasic = { username = "bob", password = "{env.BOB}" }',
        )
    )
    bob = config.identities["bob"]
    assert bob.filled("bob", {"BOB": "s3cret"}).basic.password == "s3cret"
    with pytest.raises(ConfigurationError, match=r"identities\.bob\.basic\.password: .* BOB"):
        bob.filled("bob", {})


def test_the_nearest_file_above_is_found(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.seamproof.service]\ncommand = 'a {port}'\n")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.other]\n")
    assert find(inner) == tmp_path / "pyproject.toml"
    assert load(find(inner)).service.command == "a {port}"
    own = written(tmp_path / "a", MINIMAL)
    assert find(inner) == own


def test_no_file_says_what_to_do(tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        find(tmp_path)
    assert "seamproof init" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        (
            "[service]\ncomand = 'x'\ncommand = 'y'",
            "[service] has no key 'comand'",
            "service.command?",
        ),
        (MINIMAL + "[databse]\nurl = 'x'", "the configuration has no key 'databse'", "database?"),
        (
            MINIMAL + "[identities.a]\nbearer = 't'\nrol = 'x'",
            "[identities.a] has no key 'rol'",
            "identities.a.role?",
        ),
        (
            MINIMAL + "[identities.a]\nlogin = { operation = 'POST /l', tokn = '$.t' }",
            "[identities.a.login] has no key 'tokn'",
            "identities.a.login.token?",
        ),
        (MINIMAL + "zzzzzz = 1", "[service] has no key 'zzzzzz'", "[service] has: command, build"),
        ("root = '/'" + MINIMAL, "the configuration has no key 'root'", ""),
        ("[database]\nengine = 'postgres'", "service is missing", ""),
        ("[service]\nready = '/'", "service.command is missing", ""),
        ("[service]\ncommand = 3", "service.command must be text in quotes, and is 3", ""),
        (MINIMAL + "replicas = 'two'", "service.replicas must be a whole number, and is 'two'", ""),
        (MINIMAL + "replicas = 0", "service.replicas must be at least 1, and is 0", ""),
        (
            MINIMAL + "retry_safe = ['orders']",
            "service.retry_safe.0 'orders' is not METHOD /path",
            "",
        ),
        (
            MINIMAL + "ready = 'health'",
            "service.ready is a path on the service and starts with /",
            "",
        ),
        (
            MINIMAL + "[database]\nengine = 'oracle'",
            "database.engine is 'oracle', and may be 'postgres'",
            "",
        ),
        ("[service]\ncommand = 'a && b'", "service.command is not run by a shell, so '&&'", ""),
        ("[service]\ncommand = 'A=1 b'", "service.command starts with 'A=1'", ""),
        ('[service]\ncommand = "a \'b"', "service.command is no command line", ""),
        (
            MINIMAL + "[identities.a]\nrole = 'x'",
            "identities.a needs exactly one of login, basic, bearer, header, api_key, oauth2 and "
            "command, has none",
            "",
        ),
        (
            MINIMAL + "[identities.a]\nbearer = 't'\nbasic = { username = 'a', password = 'b' }",
            "has basic and bearer",
            "",
        ),
        (
            MINIMAL + "[identities.a]\nbearer = 't'\n"
            "register = { as = 'b', operation = 'POST /u' }\n[identities.b]\nbearer = 't'",
            "identities has a.register.as = 'b', which must be an identity before a",
            "",
        ),
        (
            MINIMAL + "env = { A = '{databse.url}' }",
            "service.env.A: there is no placeholder {databse.url}",
            "did you mean {database.url}?",
        ),
        (
            MINIMAL + "env = { A = '{stubs.mail.url}' }",
            "no placeholder {stubs.mail.url}",
            "known here",
        ),
        (
            "[service]\nbuild = 'make {port}'\ncommand = 'a {port}'",
            "service.build: there is no placeholder {port}",
            "known here: {python}",
        ),
        ("[service\n", "is not TOML", ""),
        ("[service]\ncommand = 'run --port 8000'", "mentions {port}", "a port of its own"),
    ],
)
def test_a_mistake_is_one_clear_line(tmp_path, text, problem, hint):
    error = refusal(tmp_path, text)
    assert problem in error.problem
    assert str(tmp_path / "seamproof.toml") in error.problem
    assert hint in error.hint
    assert "pydantic" not in error.problem


def test_several_mistakes_are_all_told(tmp_path):
    error = refusal(tmp_path, "[service]\ncomand = 'x'\nreplicas = 99")
    assert "3 mistakes" in error.problem
    assert any("comand" in line for line in error.details)
    assert any("at most 8" in line for line in error.details)
    assert any("service.command is missing" in line for line in error.details)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"#" * (1 << 21)])
def test_a_file_that_is_no_configuration_is_refused(tmp_path, data):
    file = tmp_path / "seamproof.toml"
    file.write_bytes(data)
    with pytest.raises(ConfigurationError):
        load(file)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"nowhere\.toml"):
        load(tmp_path / "nowhere.toml")


def test_a_worker_without_a_port_listens_nowhere(tmp_path):
    config = load(written(tmp_path, MINIMAL + "[processes.w]\ncommand = 'celery worker'"))
    assert config.processes["w"].listens is None
    config = load(written(tmp_path, MINIMAL + "[processes.w]\ncommand = 'x'\nready_port = 6379"))
    assert config.processes["w"].listens == "6379"


def test_a_name_that_is_wrong_is_told_with_its_table(tmp_path: Path) -> None:
    file = tmp_path / "seamproof.toml"
    file.write_text('[service]\ncommand = "x"\n[stubs.pay.replies]\n"POST charges" = {}\n')
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    assert str(caught.value).endswith("stubs.pay.replies: 'POST charges' is not METHOD /path")
