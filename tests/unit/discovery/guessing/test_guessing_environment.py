"""What variables, database and neighbours a service wants, as its project's files tell it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from guessed import EXPRESS, FLASK, drafts, told

from seamproof.discovery.guessing import writing


@pytest.mark.parametrize(
    ("source", "example", "env"),
    [
        ('os.environ["DATABASE_URL"]', "", {"DATABASE_URL": "{database.url}"}),
        (
            'os.environ["DATABASE_URL"]',
            "DATABASE_URL=postgresql+asyncpg://u:p@h/d",
            {"DATABASE_URL": "{database.url:postgresql+asyncpg}"},
        ),
        (
            'os.getenv("SHOP_DB_URL", "postgresql+psycopg://x@y/z")',
            "",
            {"SHOP_DB_URL": "{database.url:postgresql+psycopg}"},
        ),
        ("dj_database_url.config(conn_max_age=60)", "", {"DATABASE_URL": "{database.url}"}),
        (
            'a = os.getenv("POSTGRES_SERVER")\nb = os.getenv("POSTGRES_USER", "x")\n'
            'c = os.getenv("POSTGRES_DB")\nd = os.getenv("POSTGRES_PASSWORD")',
            "",
            {
                "POSTGRES_SERVER": "{database.host}",
                "POSTGRES_USER": "{database.user}",
                "POSTGRES_DB": "{database.name}",
                "POSTGRES_PASSWORD": "{database.password}",
            },
        ),
        (
            "class Settings(BaseSettings):\n    database_url: str\n    jwt_secret: SecretStr\n"
            "    name: str = 'x'\n    mail: str | None\n",
            "",
            {
                "DATABASE_URL": "{database.url}",
                "JWT_SECRET": "made-up-for-tests-and-shared-by-the-replicas",
            },
        ),
        (
            'os.environ["DATABASE_URL"]\nos.environ["REGION"]\nos.environ["CACHE_URL"]',
            "REGION=eu\nCACHE_URL=redis://live.example",
            {"DATABASE_URL": "{database.url}", "REGION": "eu"},
        ),
        (
            'os.environ["DATABASE_URL"]\nos.environ["TOKEN_EXPIRE_MINUTES"]',
            "TOKEN_EXPIRE_MINUTES=5",
            {"DATABASE_URL": "{database.url}", "TOKEN_EXPIRE_MINUTES": "5"},
        ),
    ],
)
def test_the_environment(tmp_path: Path, source: str, example: str, env: dict[str, str]) -> None:
    draft = drafts(
        tmp_path, FLASK, {"config.py": f"import os\n{source}\n", ".env.example": example}
    )
    assert draft.env == env


def test_the_environment_of_node(tmp_path: Path) -> None:
    source = """
        const url = process.env.DATABASE_URL;
        const secret = process.env["COOKIE_SECRET"];
        const level = process.env.LOG_LEVEL ?? "info";
        app.listen(process.env.APP_PORT || 3000);
        """
    draft = drafts(tmp_path, EXPRESS, {"x.js": source})
    assert list(draft.env) == ["APP_PORT", "DATABASE_URL", "COOKIE_SECRET"]
    assert told(draft, "port") == [("APP_PORT", "x.js:5")]


def test_an_own_dotenv_file_that_names_a_database_is_warned_of(tmp_path: Path) -> None:
    draft = drafts(tmp_path, FLASK, {".env": "A=1\nDATABASE_URL=postgres://me@live/shop\n"})
    (warning,) = draft.warnings
    assert warning.startswith(".env:2 sets DATABASE_URL: ")
    assert "live" not in warning


def test_a_variable_that_only_a_person_knows_is_asked_for(tmp_path: Path) -> None:
    source = "import os\nos.environ['REGION']\nos.getenv('COLOUR')\nos.environ['TEAM']\n"
    draft = drafts(tmp_path, FLASK, {"config.py": source, ".env": "TEAM=blue\n"})
    assert draft.env["REGION"] == "{env.REGION}"
    assert draft.variables == ["REGION"]
    assert {"COLOUR", "TEAM"}.isdisjoint(draft.env)


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"requirements.txt": "flask\npymysql\n"}, ["requirements.txt:2 names pymysql"]),
        ({"requirements.txt": "flask\naiosqlite\npsycopg[binary]\n"}, []),
    ],
)
def test_another_kind_of_database_is_warned_of(
    tmp_path: Path, files: dict[str, str], named: list[str]
) -> None:
    found = drafts(tmp_path, FLASK, files).warnings
    assert [each.partition(",")[0] for each in found] == named


def test_what_a_compose_file_runs_beside_is_a_comment(tmp_path: Path) -> None:
    compose = """
        services:
          db: {image: "postgres:17"}
          cache:
            image: redis:7
          web: {build: .}
        """
    text = writing.dump(drafts(tmp_path, FLASK, {"docker-compose.yml": compose}))
    assert "# [processes.cache]" in text
    assert "processes" not in tomllib.loads(text)
