"""How somebody signs in, as a project's sources or its document tell it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from guessed import DJANGO, EXPRESS, FASTAPI, FLASK, drafts, told

from seamproof.discovery.guessing.guess import Draft


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
