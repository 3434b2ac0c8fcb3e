import os
import sys

import pytest

from seamproof.boundaries.http import HttpStubBoundary
from seamproof.boundaries.http_proxy import HttpProxyBoundary
from seamproof.config.loading import parse
from seamproof.core.errors import ConfigurationError
from seamproof.core.protocols import Address
from seamproof.world.cautions import cautions_of
from seamproof.world.inputs import keys_of
from seamproof.world.launching import Launcher, setup_statements
from seamproof.world.outbound import Outbound
from seamproof.world.schema import Plan

ADDRESS = Address("127.0.0.1", 6000, "role", "p@ss", "seamproof_1")


def config(root, **sections):
    service = {"command": "run --port {port}", **sections.pop("service", {})}
    return parse({"service": service, **sections}, root)


def outbound(mail=25, proxy=3128):
    """Ports that nobody listens on."""
    stubs = {"mail": HttpStubBoundary(0, "mail", (), port=mail)}
    return Outbound(stubs, HttpProxyBoundary(0, port=proxy))


def launcher(given, folder, **options):
    return Launcher(given, folder, process_ports={"redis": 6379}, outbound=outbound(), **options)


def test_a_replica_gets_its_words_its_folder_and_its_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("PGHOST", "production")
    monkeypatch.setenv("ALICE", "a b")
    given = config(
        tmp_path,
        service={
            "command": "{python} -m app '--name={env.ALICE}' {port}",
            "cwd": "app",
            "env_file": ".env",
            "env": {
                "URL": "{database.url:postgresql+asyncpg}",
                "DATABASE_HOST": "{database.host}:{database.port}",
                "MAIL": "{stubs.mail.url}",
                "CACHE": "{processes.redis.port}",
            },
        },
        stubs={"mail": {}},
        processes={"redis": {"command": "redis-server --port {port}"}},
    )
    (tmp_path / ".env").write_text("DATABASE_URL=postgres://prod\nMODE=test\n")
    made = launcher(given, tmp_path)
    launch = made.replica(1, ADDRESS, 8001)
    assert launch.command == (sys.executable, "-m", "app", "--name=a b", "8001")
    assert launch.cwd == tmp_path / "app"
    assert launch.name == "replica 1 of the service"
    assert launch.secrets == ("p@ss",)
    wanted = {
        "URL": "postgresql+asyncpg://role:p%40ss@127.0.0.1:6000/seamproof_1",
        "DATABASE_HOST": "127.0.0.1:6000",
        "MAIL": "http://127.0.0.1:25",
        "CACHE": "6379",
        "MODE": "test",
        "PATH": os.environ["PATH"],
    }
    assert wanted.items() <= launch.environment.items()
    assert {"PGHOST", "DATABASE_URL"} <= set(made.dropped)
    assert not {"PGHOST", "DATABASE_URL"} & launch.environment.keys()


def test_the_authority_is_a_file_where_there_is_one(tmp_path):
    service = {"env": {"PGSSLROOTCERT": "{database.ca}"}}
    with pytest.raises(ConfigurationError, match=r"service\.env\.PGSSLROOTCERT: {database\.ca}"):
        config(tmp_path, service=service)
    given = config(tmp_path, service=service, database={"tls": True})
    authority = tmp_path / "authority.pem"
    made = launcher(given, tmp_path, authority=authority)
    for launch in (made.replica(0, ADDRESS, 8001), made.command("m", "k", "migrate", ADDRESS)):
        assert launch.environment["PGSSLROOTCERT"] == str(authority)


def test_each_process_calls_others_by_ports_of_its_own(tmp_path):
    given = config(
        tmp_path,
        service={"env": {"MAIL": "{stubs.mail.url}"}},
        processes={"worker": {"command": "w", "flush": "f", "env": {"MAIL": "{stubs.mail.url}"}}},
        stubs={"mail": {}},
    )
    made, own = launcher(given, tmp_path), outbound(mail=2525, proxy=4000)
    worker, flush = made.companion("worker", given.processes["worker"], 8002, ADDRESS, own)
    assert flush is not None
    assert (worker.command, flush.command) == (("w",), ("f",))
    for launch, mail, proxy in (
        (made.replica(0, ADDRESS, 8001, own), 2525, 4000),
        (worker, 2525, 4000),
        (flush, 2525, 4000),
        (made.command("seed", "database.seed", "seed", ADDRESS), 25, 3128),
    ):
        assert launch.environment["MAIL"] == f"http://127.0.0.1:{mail}"
        assert launch.environment["https_proxy"] == f"http://127.0.0.1:{proxy}"


def test_a_proxy_of_the_user_is_not_inherited_but_by_the_build(tmp_path, monkeypatch):
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
    for name in (*names, "NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "http://proxy.example:3128")
    given = config(tmp_path, service={"env": {"HTTPS_PROXY": "http://on-purpose:1"}})
    made = launcher(given, tmp_path)
    environment = made.replica(0, ADDRESS, 8001).environment
    assert environment["HTTPS_PROXY"] == "http://on-purpose:1"
    for name in set(names) - {"HTTPS_PROXY"}:
        assert environment[name] == "http://127.0.0.1:3128"
    assert environment["NO_PROXY"] == environment["no_proxy"] == "127.0.0.1,localhost,::1"
    build = made.command("build", "service.build", "npm ci", None).environment
    assert build["HTTP_PROXY"] == build["no_proxy"] == "http://proxy.example:3128"


def test_rendered_files_stay_in_the_runs_folder(tmp_path):
    (tmp_path / "t").write_text("url={database.url} port={port} {other}")
    made = launcher(config(tmp_path, service={"files": {"a.cfg": "t"}}), tmp_path / "run")
    made.replica(0, ADDRESS, 8001)
    text = (tmp_path / "run" / "replica-0" / "a.cfg").read_text()
    assert text == f"url={ADDRESS.url()} port=8001 {{other}}"
    for name in ("../a.cfg", "/etc/a.cfg"):
        outside = config(tmp_path, service={"files": {name: "t"}})
        with pytest.raises(ConfigurationError, match=r"service\.files"):
            launcher(outside, tmp_path / "run").replica(0, ADDRESS, 1)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        launcher(config(tmp_path, service={"files": {"a": "no"}}), tmp_path).replica(0, ADDRESS, 1)


def test_ready_port_must_be_a_port(tmp_path):
    given = config(tmp_path, processes={"p": {"command": "x", "ready_port": "many"}})
    made = launcher(given, tmp_path)
    with pytest.raises(ConfigurationError, match=r"processes\.p\.ready_port must be a port"):
        made.listening_port("p", given.processes["p"], 1)


def test_setup_sql_is_text_or_files(tmp_path):
    (tmp_path / "roles.sql").write_text("CREATE ROLE a")
    given = config(tmp_path, database={"setup_sql": ["roles.sql", "SELECT 1"]})
    assert setup_statements(given) == "CREATE ROLE a;\nSELECT 1"
    missing = config(tmp_path, database={"setup_sql": "no.sql"})
    with pytest.raises(ConfigurationError, match=r"setup_sql\[0\]"):
        setup_statements(missing)


def test_the_plan_is_what_is_said_else_what_is_found(tmp_path):
    assert Plan.of(config(tmp_path)).by_service
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "001_a.sql").write_text("SELECT 1")
    assert Plan.of(config(tmp_path)).describe(tmp_path) == "SQL files, detected from migrations"
    assert Plan.of(config(tmp_path, database={"migrate": "make db"})).command == "make db"
    assert Plan.of(config(tmp_path, database={"migrate": "service"})).by_service


def test_the_template_depends_on_what_makes_it(tmp_path):
    (tmp_path / "migrations").mkdir()
    file = tmp_path / "migrations" / "001_a.sql"
    file.write_text("SELECT 1")

    def key(**sections):
        given = config(tmp_path, **sections)
        return keys_of(given, Plan.of(given))

    first = key()
    (tmp_path / "app.py").write_text("changed")
    assert key() == first
    assert key(service={"env": {"A": "1"}}) != first
    assert key(database={"migrate": "make db"}) != first
    assert key(database={"seed": "python seed.py"}) != first
    file.write_text("SELECT 2")
    assert key() != first
    by_service = key(database={"migrate": "service"})
    (tmp_path / "app.py").write_text("changed again")
    assert key(database={"migrate": "service"}) != by_service


def test_a_dangerous_env_file_is_told_unless_env_sets_the_same(tmp_path):
    (tmp_path / ".env").write_text("DATABASE_URL=x\nMODE=1\n")
    (notice,) = cautions_of(config(tmp_path))
    assert notice.warning
    assert "DATABASE_URL" in notice.text
    safe = config(tmp_path, service={"env": {"DATABASE_URL": "{database.url}"}})
    assert list(cautions_of(safe)) == []
