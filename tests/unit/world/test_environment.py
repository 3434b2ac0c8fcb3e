import pytest

from seamproof.core.errors import ConfigurationError
from seamproof.world.environment import dangerous, inherit, read_env_file


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PGHOST", "db"),
        ("PGSERVICEFILE", "/x"),
        ("DATABASE_URL", "x"),
        ("SQLALCHEMY_DATABASE_URI", "x"),
        ("READ_DATABASE_URL", "x"),
        ("SENTRY_DSN", "https://x"),
        ("POSTGRES_PASSWORD", "x"),
        ("DB_HOST", "x"),
        ("REDIS_URL", "x"),
        ("ANYTHING", "postgres://u@db/prod"),
        ("ANYTHING", "postgresql+asyncpg://u@db/prod"),
        ("SPRING_URL", "jdbc:postgresql://db/prod"),
        ("QUEUE", "amqps://mq"),
    ],
)
def test_what_leads_to_a_database_is_dropped(name, value):
    assert dangerous(name, value)
    inherited = inherit({name: value, "HOME": "/root"})
    assert name not in inherited.variables
    assert inherited.dropped == (name,)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PATH", "/bin"), ("HOME", "/root"), ("LANG", "C"), ("APP_URL", "https://x"), ("UPG", "1")],
)
def test_the_rest_is_inherited(name, value):
    assert inherit({name: value}).variables[name] == value


def test_later_sources_win_and_output_is_not_buffered():
    inherited = inherit({"A": "1", "B": "1"}, {"B": "2"})
    assert inherited.variables == {"A": "1", "B": "2", "PYTHONUNBUFFERED": "1"}
    assert inherit({"PYTHONUNBUFFERED": "0"}).variables["PYTHONUNBUFFERED"] == "0"


def test_env_file(tmp_path):
    file = tmp_path / ".env"
    file.write_text(
        "# comment\n\nexport A=1\nB = two words  # why\nC='it''s #1'\nD=\"x\\ny\"\nE=\nF=a#b\n"
    )
    assert read_env_file(file, key="k") == {
        "A": "1",
        "B": "two words",
        "C": "it",
        "D": "x\ny",
        "E": "",
        "F": "a#b",
    }


def test_a_bad_env_file_names_the_line(tmp_path):
    file = tmp_path / ".env"
    file.write_text("A=1\nnonsense\n")
    with pytest.raises(ConfigurationError, match=r"service\.env_file: .*\.env:2"):
        read_env_file(file, key="service.env_file")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_env_file(tmp_path / "nowhere", key="service.env_file")
