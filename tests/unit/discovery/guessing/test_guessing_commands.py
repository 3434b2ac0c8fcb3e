"""How a service is started, migrated and asked, as its project's files tell it."""

from __future__ import annotations

from pathlib import Path

import pytest
from guessed import DJANGO, EXPRESS, FASTAPI, FLASK, drafts, told


@pytest.mark.parametrize(
    ("files", "command", "place"),
    [
        (FLASK, "flask --app app:app run --port {port}", "app.py:2"),
        (
            {"pyproject.toml": 'dependencies = [\n "FastAPI>=0.1",\n]\n'}
            | {"src/shop/main.py": "import fastapi\n\napi = fastapi.FastAPI()\n"},
            "uvicorn shop.main:api --port {port} --app-dir src",
            "src/shop/main.py:3",
        ),
        (
            {"requirements.txt": "fastapi\n"}
            | {"shop/__init__.py": "def create_app(a=1):\n    return FastAPI()\n"},
            "uvicorn shop:create_app --port {port} --factory",
            "shop/__init__.py:1",
        ),
        (
            DJANGO,
            "python manage.py runserver --noreload 127.0.0.1:{port}",
            "manage.py:1",
        ),
        (EXPRESS, "node x.js", "package.json:1"),
        (
            {"package.json": '{"dependencies": {"fastify": "5"}}', "src/server.js": ""},
            "node src/server.js",
            "package.json",
        ),
    ],
)
def test_the_command_and_where_it_comes_from(
    tmp_path: Path, files: dict[str, str], command: str, place: str
) -> None:
    draft = drafts(tmp_path, files)
    assert told(draft, "command") == [(command, place)]
    assert draft.service["command"] == command


BY_FLASK = "flask --app app:app run --port {port}", "app.py:2"


@pytest.mark.parametrize(
    ("file", "text", "guess"),
    [
        (
            "Procfile",
            "release: x\nweb: python serve.py --port $PORT\n",
            ("python serve.py --port {port}", "Procfile:2"),
        ),
        (
            "Dockerfile",
            'CMD ["sh", "-c", "exec python -m x -b 0.0.0.0:${PORT:-80}"]\n',
            ("python -m x -b 127.0.0.1:{port}", "Dockerfile:1"),
        ),
        (
            "compose.yml",
            "services:\n  web:\n    build: .\n    command: python a.py -p 80\n",
            ("python a.py -p {port}", "compose.yml:2"),
        ),
        ("Procfile", "web: python migrate.py && python serve.py $PORT\n", BY_FLASK),
        ("Procfile", "web: no-such-program $PORT\n", BY_FLASK),
    ],
)
def test_a_file_that_starts_it_is_believed_where_one_program_does(
    tmp_path: Path, file: str, text: str, guess: tuple[str, str]
) -> None:
    draft = drafts(tmp_path, FLASK | {file: text})
    assert told(draft, "command") == [guess]
    assert draft.service["command"] == guess[0]


def test_a_program_of_the_projects_own_environment_is_taken(tmp_path: Path) -> None:
    program = tmp_path / ".venv" / "bin" / "flask"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    draft = drafts(tmp_path, FLASK)
    assert draft.service["command"].startswith(".venv/bin/flask --app")


def test_a_service_in_a_folder_beside_its_frontend(tmp_path: Path) -> None:
    files = {f"backend/{name}": text for name, text in FLASK.items()}
    draft = drafts(tmp_path, files, {"frontend/package.json": "{}"})
    assert draft.service["cwd"] == "backend"
    assert told(draft, "command")[0][1] == "backend/app.py:2"


@pytest.mark.parametrize(
    ("files", "migrate", "shown"),
    [
        (
            FLASK | {"requirements.txt": "flask\nFlask-Migrate\n", "migrations/alembic.ini": ""},
            "flask --app app:app db upgrade",
            "requirements.txt:2",
        ),
        (FLASK | {"alembic.ini": "[alembic]\n"}, None, "alembic.ini"),
        (DJANGO, None, "manage.py"),
        (
            EXPRESS | {"prisma/schema.prisma": ""},
            "npx prisma db push --schema prisma/schema.prisma",
            "prisma/schema.prisma",
        ),
        (EXPRESS | {"knexfile.js": ""}, "npx knex migrate:latest", "knexfile.js"),
        (FLASK, None, ""),
    ],
)
def test_the_migrations(
    tmp_path: Path, files: dict[str, str], migrate: str | None, shown: str
) -> None:
    draft = drafts(tmp_path, files)
    assert draft.database.get("migrate") == migrate
    assert told(draft, "migrations")[0][1] == shown


@pytest.mark.parametrize(
    ("files", "openapi"),
    [
        (FASTAPI, "/openapi.json"),
        (FASTAPI | {"main.py": "app = FastAPI(openapi_url='/spec.json')\n"}, "/spec.json"),
        (FASTAPI | {"main.py": "app = FastAPI(openapi_url=None)\n"}, None),
        (
            FASTAPI
            | {"main.py": 'app = FastAPI(openapi_url=f"{settings.V1}/o.json")\n'}
            | {"core.py": 'class Settings:\n    V1: str = "/api/v1"\n'},
            "/api/v1/o.json",
        ),
        (
            DJANGO | {"s/urls.py": "path('schema/', SpectacularAPIView.as_view())\n"},
            "/schema/?format=json",
        ),
        (
            EXPRESS | {"docs/openapi.yaml": "openapi: 3.0.0\npaths: {/a: {get: {}}}\n"},
            "docs/openapi.yaml",
        ),
        (EXPRESS | {"docs/openapi.yaml": "nothing: here\n"}, None),
    ],
)
def test_the_document(tmp_path: Path, files: dict[str, str], openapi: str | None) -> None:
    assert drafts(tmp_path, files).service.get("openapi") == openapi


def test_the_services_folder_is_the_one_whose_manifest_names_a_framework(tmp_path: Path) -> None:
    files = {f"backend/{name}": text for name, text in FASTAPI.items()}
    workspace = {"pyproject.toml": "[tool.uv.workspace]\nmembers = ['backend']\n"}
    draft = drafts(tmp_path, files, workspace, {"frontend/index.ts": "process.env.CI"})
    assert draft.service["cwd"] == "backend"
    assert list(draft.env) == ["DATABASE_URL"]


def test_who_is_asked_whether_it_is_ready(tmp_path: Path) -> None:
    source = """
        @app.get("/mine")
        @login_required
        def mine(): return db.query(1)
        @app.get("/goods")
        def goods(): return db.query(2)
        @app.get("/goods/<int:number>")
        def good(number): return db.query(3)
        """
    assert drafts(tmp_path, FLASK, {"views.py": source}).service["ready"] == "/goods"
