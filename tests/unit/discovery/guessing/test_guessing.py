"""What is guessed of projects as people write them."""

from __future__ import annotations

import textwrap
import tomllib
from pathlib import Path
from typing import Any

import pytest

from seamproof.config.loading import parse
from seamproof.core.errors import ConfigurationError
from seamproof.discovery.guessing import writing
from seamproof.discovery.guessing.guess import Draft
from seamproof.discovery.guessing.initialising import drafted, initialise

FLASK = {
    "requirements.txt": "flask\n",
    "app.py": "from flask import Flask\napp = Flask(__name__)\n",
}
EXPRESS = {"package.json": '{"dependencies": {"express": "5"}, "scripts": {"start": "node x.js"}}'}
DJANGO = {
    "requirements.txt": "django\n",
    "manage.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "s.settings")\n',
}


def drafts(root: Path, *layers: dict[str, str], **more: str) -> Draft:
    """What is guessed of a folder with these files."""
    for files in (*layers, more):
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))
    return drafted(root)


def told(draft: Draft, what: str) -> list[tuple[str, str]]:
    return [(each.value, str(each.place or "")) for each in draft.guesses if each.what == what]


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
            FLASK | {"Procfile": "release: x\nweb: python serve.py --port $PORT\n"},
            "python serve.py --port {port}",
            "Procfile:2",
        ),
        (
            FLASK | {"Dockerfile": 'CMD ["sh", "-c", "exec python -m x -b 0.0.0.0:${PORT:-80}"]\n'},
            "python -m x -b 127.0.0.1:{port}",
            "Dockerfile:1",
        ),
        (
            FLASK
            | {"compose.yml": "services:\n  web:\n    build: .\n    command: python a.py -p 80\n"},
            "python a.py -p {port}",
            "compose.yml:2",
        ),
        (
            FLASK | {"Procfile": "web: python migrate.py && python serve.py $PORT\n"},
            "flask --app app:app run --port {port}",
            "app.py:2",
        ),
        (
            FLASK | {"Procfile": "web: no-such-program $PORT\n"},
            "flask --app app:app run --port {port}",
            "app.py:2",
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


FASTAPI = {
    "requirements.txt": "fastapi\n",
    "main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
}


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


def login(draft: Draft, name: str = "alice") -> Any:
    return draft.identities[name]["login"]


def test_a_form_of_oauth2_below_the_prefixes_of_its_routers(tmp_path: Path) -> None:
    draft = drafts(
        tmp_path,
        FASTAPI,
        {
            "api/__init__.py": "",
            "api/routes.py": """
                from fastapi import APIRouter
                from api import login
                from api.users import router as users
                everything = APIRouter()
                everything.include_router(login.router, tags=["login"])
                everything.include_router(users, prefix="/users")
                """,
            "api/login.py": """
                router = APIRouter()
                @router.post("/login/access-token")
                def login(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Token:
                    return Token(access_token=create(form.username))
                """,
            "api/users.py": """
                router = APIRouter()
                class NewUser(BaseModel):
                    email: EmailStr
                    password: str
                    age: int
                    nick: str | None = None
                @router.post("/signup")
                def register(body: NewUser): ...
                """,
            "main.py": """
                from fastapi import FastAPI
                from api.routes import everything
                from settings import settings
                app = FastAPI()
                app.include_router(everything, prefix=settings.PREFIX)
                """,
            "settings.py": "class Settings:\n    PREFIX: str = '/api/v1'\n",
        },
    )
    assert login(draft) == {
        "operation": "POST /api/v1/login/access-token",
        "form": {"username": "alice@example.com", "password": "{env.ALICE_PASSWORD}"},
        "token": "$.access_token",
    }
    assert draft.identities["bob"]["register"] == {
        "operation": "POST /api/v1/users/signup",
        "body": {"email": "bob@example.com", "password": "{env.BOB_PASSWORD}", "age": 1},
    }


def test_a_blueprint_with_a_session(tmp_path: Path) -> None:
    draft = drafts(
        tmp_path,
        FLASK,
        {
            "auth.py": """
                bp = Blueprint("auth", __name__, url_prefix="/auth")
                @bp.route("/signin", methods=["GET", "POST"])
                def sign_in():
                    name = request.form["login"]
                    check(request.form["passwd"])
                    session["user"] = name
                """
        },
    )
    assert login(draft) == {
        "operation": "POST /auth/signin",
        "form": {"login": "alice", "passwd": "{env.ALICE_PASSWORD}"},
    }


@pytest.mark.parametrize(
    ("urls", "wanted"),
    [
        (
            "path('token-auth/', views.obtain_auth_token)",
            ("POST /api/token-auth/", "$.token", "Token"),
        ),
        (
            "path('jwt/create/', TokenObtainPairView.as_view())",
            ("POST /api/jwt/create/", "$.access", None),
        ),
        ("path('', include('django.contrib.auth.urls'))", ("POST /api/login/", None, None)),
        (r"re_path(r'^log-in/$', LoginView.as_view())", ("POST /api/log-in/", None, None)),
    ],
)
def test_djangos_own_sign_ins(tmp_path: Path, urls: str, wanted: tuple[str | None, ...]) -> None:
    draft = drafts(
        tmp_path,
        DJANGO,
        {"s/urls.py": "urlpatterns = [path('api/', include('accounts.urls'))]\n"},
        {"accounts/urls.py": f"urlpatterns = [{urls}]\n"},
    )
    found = login(draft)
    assert (found["operation"], found.get("token"), found.get("scheme")) == wanted
    assert draft.database["seed"] == "python manage.py createsuperuser --noinput"
    assert list(draft.identities) == ["alice"]


def test_routers_of_express_in_other_files(tmp_path: Path) -> None:
    draft = drafts(
        tmp_path,
        EXPRESS,
        {
            "x.js": """
                const express = require("express");
                const auth = require("./routes/auth");
                app.use("/api/v2", express.json(), auth);
                app.get("/ping", (req, res) => res.send("pong"));
                """,
            "routes/auth.js": """
                const { login, register } = require("../controllers/auth");
                router.post("/auth/login", limiter, login);
                router.post("/auth/register", register);
                """,
            "controllers/auth.js": """
                exports.login = async (req, res) => {
                  const { email, password, remember = false } = req.body;
                  res.json({ user, accessToken: sign(user) });
                };
                exports.register = async (req, res) => {
                  await create(req.body.email, req.body.password, req.body.phone);
                };
                """,
        },
    )
    assert login(draft) == {
        "operation": "POST /api/v2/auth/login",
        "body": {"email": "alice@example.com", "password": "{env.ALICE_PASSWORD}"},
        "token": "$.accessToken",
    }
    assert list(draft.identities["alice"]["register"]["body"]) == ["email", "password", "phone"]
    assert draft.service["ready"] == "/ping"


def test_a_controller_of_nest(tmp_path: Path) -> None:
    package = '{"dependencies": {"@nestjs/core": "11"}, "scripts": {"start": "nest start"}}'
    draft = drafts(
        tmp_path,
        {"package.json": package},
        {
            "src/main.ts": "app.setGlobalPrefix('api');\nSwaggerModule.setup('docs', app, d);\n",
            "src/auth/auth.controller.ts": """
                @Controller('auth')
                export class AuthController {
                  @Post('login')
                  login(@Body() dto: LoginDto) { return { access_token: this.jwt.sign(dto) }; }
                }
                """,
            "src/auth/login.dto.ts": """
                export class LoginDto {
                  @IsEmail()
                  email: string;
                  password: string;
                  otp?: string;
                }
                """,
        },
    )
    assert told(draft, "framework") == [("Nest", "package.json:1")]
    assert draft.service["openapi"] == "/docs-json"
    assert login(draft)["operation"] == "POST /api/auth/login"
    assert login(draft)["body"] == {
        "email": "alice@example.com",
        "password": "{env.ALICE_PASSWORD}",
    }


def test_a_sign_in_out_of_a_document(tmp_path: Path) -> None:
    document = """
        openapi: 3.1.0
        paths:
          /v1/session:
            post:
              requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}
              responses: {'200': {description: ok, content: {application/json: {schema: {
                type: object, properties: {token: {type: string}}}}}}}
        components: {schemas: {A: {type: object, required: [user, password],
          properties: {user: {type: string}, password: {type: string}, keep: {type: boolean}}}}}
        """
    draft = drafts(
        tmp_path, {"Procfile": "web: python -m http.server $PORT\n"}, {"openapi.yaml": document}
    )
    assert login(draft) == {
        "operation": "POST /v1/session",
        "body": {"user": "alice", "password": "{env.ALICE_PASSWORD}"},
        "token": "$.token",
    }


def test_a_body_below_a_key_and_a_token_within_an_answer(tmp_path: Path) -> None:
    draft = drafts(
        tmp_path,
        FASTAPI,
        {
            "users.py": """
                class SignIn(BaseModel):
                    email: EmailStr
                    password: str
                class WithToken(BaseModel):
                    token: str
                class Answer(BaseModel):
                    user: WithToken
                @app.post("/users/login", response_model=Answer)
                async def login(
                    body: SignIn = Body(..., embed=True, alias="user"),
                    settings: Settings = Depends(settings),
                ): ...
                class Settings(BaseModel):
                    secret_key: str
                """
        },
    )
    assert login(draft)["token"] == "$.user.token"
    assert list(login(draft)["body"]["user"]) == ["email", "password"]


def test_a_serializer_of_djangos_rest_framework(tmp_path: Path) -> None:
    draft = drafts(
        tmp_path,
        DJANGO,
        {"s/urls.py": "urlpatterns = [url(r'^users/login/?$', LoginView2.as_view())]\n"},
        {
            "s/views.py": """
                class LoginView2(APIView):
                    serializer_class = LoginSerializer
                    def post(self, request):
                        serializer = self.serializer_class(data=request.data.get("user", {}))
                """,
            "s/serializers.py": """
                class LoginSerializer(serializers.Serializer):
                    email = serializers.CharField(max_length=255)
                    username = serializers.CharField(read_only=True)
                    password = serializers.CharField(write_only=True)
                    token = serializers.CharField(read_only=True)
                """,
        },
    )
    assert login(draft) == {
        "operation": "POST /users/login",
        "body": {"user": {"email": "alice@example.com", "password": "{env.ALICE_PASSWORD}"}},
        "token": "$.user.token",
    }


def test_the_services_folder_is_the_one_whose_manifest_names_a_framework(tmp_path: Path) -> None:
    files = {f"backend/{name}": text for name, text in FASTAPI.items()}
    workspace = {"pyproject.toml": "[tool.uv.workspace]\nmembers = ['backend']\n"}
    draft = drafts(tmp_path, files, workspace, {"frontend/index.ts": "process.env.CI"})
    assert draft.service["cwd"] == "backend"
    assert list(draft.env) == ["DATABASE_URL"]


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


def test_what_is_written_can_be_loaded_and_is_short(tmp_path: Path) -> None:
    text = writing.dump(drafts(tmp_path, DJANGO, EXPRESS))
    assert parse(tomllib.loads(text), tmp_path).service.command
    assert len(text.splitlines()) <= 25


def test_names_and_texts_are_quoted_as_toml_has_it(tmp_path: Path) -> None:
    env = {"a b": 'say "x"\n\\', "B": "\x7f\t"}
    draft = Draft(service={"command": "x"}, env=env)
    assert tomllib.loads(writing.dump(draft))["service"]["env"] == env


@pytest.mark.parametrize(
    "files",
    [
        {"app.py": "def broken(:\n"},
        {"app.py": "(" * 5000},
        {"compose.yml": "a: &a [*a, *a]\n{{{"},
        {"compose.yml": "services: [1, 2]"},
        {"package.json": "[" * 100_000},
        {".env.example": "no equals sign\n"},
        {"openapi.json": "{" * 10_000},
        {"settings.py": "x" * 600_000},
        {"Procfile": "web: 'open\n", "Dockerfile": "CMD [\n"},
    ],
)
def test_a_file_that_is_broken_costs_its_own_guesses(tmp_path: Path, files: dict[str, str]) -> None:
    assert drafts(tmp_path, {"requirements.txt": "flask\n"}, files).service["command"]


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    drafts(tmp_path, FLASK, {"seamproof.toml": "# mine\n"})
    with pytest.raises(ConfigurationError, match="is there already"):
        initialise(tmp_path)
    initialise(tmp_path, dry_run=True)
    assert (tmp_path / "seamproof.toml").read_text() == "# mine\n"
    initialise(tmp_path, force=True)
    assert "[service]" in (tmp_path / "seamproof.toml").read_text()


def test_a_folder_without_a_service(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no service is found"):
        drafted(tmp_path)


@pytest.mark.parametrize(
    "image", ["redis", "valkey/valkey", "memcached", "rabbitmq", "minio/minio"]
)
def test_what_is_commented_can_be_used_as_it_is(tmp_path: Path, image: str) -> None:
    compose = f"services:\n  beside:\n    image: {image}:latest\n"
    text = writing.dump(drafts(tmp_path, FLASK, {"compose.yaml": compose}))
    start = text.index("# [processes.")
    used = text[:start] + text[start:].replace("\n# ", "\n").removeprefix("# ")
    assert parse(tomllib.loads(used), tmp_path).processes["beside"].command
