"""Small real applications, asked for their routes as a run asks them. None of them listens."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from seamproof.core.document import Body, Document
from seamproof.discovery.openapi import read
from seamproof.discovery.routes import HIDDEN
from seamproof.discovery.routes.asking import asking

FLASK = """
    import sys
    from flask import Blueprint, Flask, current_app, request

    def create_app():
        app = Flask(__name__)
        orders = Blueprint("orders", __name__, url_prefix="/orders")

        @orders.route("/", methods=["GET", "POST"])
        def every(): ...

        @orders.delete("/<int:order>")
        def one(order): ...

        @app.get("/at/<float(signed=True):x>/<uuid:u>/<any(asc, desc):way>/<path:rest>")
        def at(x, u, way, rest): ...

        app.register_blueprint(orders)
        return app

    if __name__ == "__main__":
        create_app().run(port=int(sys.argv[1]))
"""
FASTAPI = """
    from fastapi import FastAPI
    from starlette.applications import Starlette
    from starlette.middleware.cors import CORSMiddleware
    from starlette.responses import Response
    from starlette.routing import Mount, Route

    async def page(request):
        return Response()

    inner = FastAPI(openapi_url=None)

    @inner.post("/orders/{order_id}/lines", status_code=201)
    def add_line(order_id: int, quantity: int): ...

    def routes():
        return [Route("/{page:int}", page, methods=["GET", "PUT"])]

    inner.mount("/pages", Starlette(routes=routes()))
    app = CORSMiddleware(inner)
"""
FASTAPI_ROUTERS = """
    from fastapi import APIRouter, FastAPI

    lines = APIRouter(prefix="/lines")

    @lines.get("/{line}", include_in_schema=False)
    def debug_line(line: int): ...

    orders = APIRouter(prefix="/orders")
    orders.include_router(lines, prefix="/debug")
    app = FastAPI(openapi_url=None)
    app.include_router(orders, prefix="/v1")
"""
STARLETTE = """
    from starlette.applications import Starlette
    from starlette.endpoints import HTTPEndpoint
    from starlette.routing import Mount, Route, WebSocketRoute

    class Order(HTTPEndpoint):
        async def get(self, request): ...
        async def delete(self, request): ...

    async def every(request): ...

    def build():
        orders = [Route("/", every, methods=["POST"]), Route("/{order:uuid}", Order)]
        live = WebSocketRoute("/live", every)
        return Starlette(routes=[Mount("/shops/{shop}/orders", routes=orders), live])
"""
DJANGO_MANAGE = """
    import os, sys

    def main():
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
        from django.core.management import execute_from_command_line
        execute_from_command_line(sys.argv)

    if __name__ == "__main__":
        main()
"""
DJANGO_SETTINGS = """
    SECRET_KEY = "x"
    ROOT_URLCONF = "shop.urls"
    INSTALLED_APPS = ["django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes"]
"""
DJANGO_URLS = """
    from django.contrib import admin
    from django.urls import include, path, re_path
    from django.views import View
    from django.views.decorators.csrf import csrf_exempt
    from django.views.decorators.http import require_http_methods, require_POST

    class Order(View):
        def get(self, request, order): ...
        def patch(self, request, order): ...

    @csrf_exempt
    @require_http_methods(["GET", "PUT"])
    def note(request, slug): ...

    @require_POST
    def pay(request, order): ...

    def anything(request): ...

    orders = [path("<int:order>/", Order.as_view(), name="order"), path("<uuid:order>/pay", pay)]
    urlpatterns = [
        path("admin/", admin.site.urls),
        path("orders/", include((orders, "orders"))),
        re_path(r"^notes/(?P<slug>[-\\w]+(?:x|y))/$", note),
        re_path(r"^odd/(\\d+)$", anything),
        path("", anything),
    ]
"""
DJANGO_ASGI = """
    import os
    from django.core.asgi import get_asgi_application

    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
    application = get_asgi_application()
"""


def project(root: Path, **files: str) -> None:
    for name, text in files.items():
        file = root / f"{name.replace('__', '/')}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(dedent(text))


def asked(command: str, root: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_COLOR": "1"}
    words = tuple(shlex.split(command.format(python=sys.executable)))
    found = asking(words, root, environment, root / "routes.json")
    assert found is not None
    return subprocess.run(
        found.command,
        cwd=root,
        env=found.environment,
        timeout=60,
        capture_output=True,
        text=True,
        check=False,
    )


def table(command: str, root: Path) -> Document:
    done = asked(command, root)
    assert done.returncode == 0, done.stderr
    return read((root / "routes.json").read_bytes())


def routes(document: Document) -> dict[str, dict[str, object]]:
    return {
        each.operation.id: {p.name: p.schema for p in each.parameters}
        for each in document.declarations
    }


ANY = (
    Body("application/json", {"type": "object"}),
    Body("application/x-www-form-urlencoded", {"type": "object"}),
)
"""Where a handler says nothing of a body: there may be one."""


def bodies(document: Document) -> dict[str, tuple[Body, ...]]:
    return {each.operation.id: each.bodies for each in document.declarations if each.bodies}


@pytest.mark.parametrize(
    "command",
    ["{python} -m flask --app shop run", "{python} -m gunicorn 'shop:create_app()'",
     "{python} shop.py 80"],
)  # fmt: skip
def test_flask(command: str, tmp_path: Path) -> None:
    project(tmp_path, shop=FLASK)
    found = table(command, tmp_path)
    assert found.title == "the URL map of Flask"
    assert routes(found) == {
        "GET /orders/": {},
        "POST /orders/": {},
        "DELETE /orders/{order}": {"order": {"type": "integer", "minimum": 0}},
        "GET /at/{x}/{u}/{way}/{rest}": {
            "x": {"type": "number"},
            "u": {"type": "string", "format": "uuid"},
            "way": {"type": "string", "enum": ["asc", "desc"]},
            "rest": {"type": "string"},
        },
    }
    assert bodies(found) == {"POST /orders/": ANY}


def test_fastapi_that_serves_no_document_still_makes_one(tmp_path: Path) -> None:
    project(tmp_path, shop=FASTAPI)
    found = table("{python} -m uvicorn shop:app --port 80", tmp_path)
    integer = {"type": "integer"}
    assert routes(found) == {
        "POST /orders/{order_id}/lines": {
            "order_id": {**integer, "title": "Order Id"},
            "quantity": {**integer, "title": "Quantity"},
        },
        "GET /pages/{page}": {"page": {**integer, "minimum": 0}},
        "PUT /pages/{page}": {"page": {**integer, "minimum": 0}},
    }
    line = found.declarations[0]
    assert [each.status for each in line.answers] == ["201", "422"]


def test_fastapi_has_the_routes_of_included_routers_and_tells_which_are_hidden(
    tmp_path: Path,
) -> None:
    project(tmp_path, shop=FASTAPI_ROUTERS)
    found = table("{python} -m uvicorn shop:app --port 80", tmp_path)
    (line,) = found.declarations
    assert line.operation.id == "GET /v1/orders/debug/lines/{line}"
    assert line.tags == (HIDDEN,)


def test_starlette(tmp_path: Path) -> None:
    project(tmp_path, shop=STARLETTE)
    found = table("{python} -m uvicorn --factory shop:build", tmp_path)
    text = {"type": "string"}
    assert routes(found) == {
        "POST /shops/{shop}/orders/": {"shop": text},
        "DELETE /shops/{shop}/orders/{order}": {"shop": text, "order": {**text, "format": "uuid"}},
        "GET /shops/{shop}/orders/{order}": {"shop": text, "order": {**text, "format": "uuid"}},
    }


@pytest.mark.parametrize(
    "command", ["{python} manage.py runserver 80", "{python} -m uvicorn shop.asgi:application"]
)
def test_django(command: str, tmp_path: Path) -> None:
    project(tmp_path, manage=DJANGO_MANAGE, shop__settings=DJANGO_SETTINGS)
    project(tmp_path, shop__urls=DJANGO_URLS, shop__asgi=DJANGO_ASGI, shop____init__="")
    found = table(command, tmp_path)
    assert found.title == "the URL patterns of Django"
    order = {"order": {"type": "integer", "minimum": 0}}
    slug = {"slug": {"type": "string"}}
    assert routes(found) == {
        "GET /orders/{order}/": order,
        "PATCH /orders/{order}/": order,
        "POST /orders/{order}/pay": {"order": {"type": "string", "format": "uuid"}},
        "GET /notes/{slug}/": slug,
        "PUT /notes/{slug}/": slug,
        "GET /": {},
        "POST /": {},
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("app = 5", "no application of a known framework is there"),
        ("raise RuntimeError('no licence')", "no licence"),
        ("import sys; sys.exit('not now')", "not now"),
    ],
)
def test_what_cannot_be_asked_says_why(text: str, reason: str, tmp_path: Path) -> None:
    project(tmp_path, shop=text)
    done = asked("{python} -m uvicorn shop:app", tmp_path)
    assert done.returncode == 1
    assert reason in done.stderr.splitlines()[-1]
    assert not (tmp_path / "routes.json").exists()


def test_what_a_service_leaves_running_does_not_keep_it(tmp_path: Path) -> None:
    project(
        tmp_path,
        shop="import threading, time\n" + dedent(FLASK)
        + "\nthreading.Thread(target=time.sleep, args=(600,)).start()\n",
    )  # fmt: skip
    assert len(table("{python} -m flask --app shop run", tmp_path).declarations) == 4


NODE = Path(__file__).parent / "express"
EXPRESS = {
    "GET /health": {},
    "GET /orders": {},
    "POST /orders": {},
    "DELETE /orders/{id}": {"id": {"type": "string"}},
    "GET /v2/orders": {},
    "POST /v2/orders": {},
    "DELETE /v2/orders/{id}": {"id": {"type": "string"}},
    "PUT /orders/{order}/lines/{line}": {"order": {"type": "string"}, "line": {"type": "string"}},
    "PUT /v2/orders/{order}/lines/{line}": {
        "order": {"type": "string"},
        "line": {"type": "string"},
    },
    "GET /admin/users/{user}.json": {"user": {"type": "string"}},
    "GET /admin/any": {},
    "POST /admin/any": {},
}


@pytest.mark.long
@pytest.mark.parametrize("version", ["express-4", "express-5"])
def test_express(version: str, tmp_path: Path, node_modules: Path) -> None:
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules/express").symlink_to(node_modules / version)
    for name in ("package.json", "service.mjs"):
        (tmp_path / name).write_bytes((NODE / name).read_bytes())
    for command in ("node service.mjs 0", "npm start"):
        (tmp_path / "routes.json").unlink(missing_ok=True)
        done = asked(command, tmp_path)
        assert done.returncode == 0, done.stderr
        assert "listening" not in done.stdout
        found = read((tmp_path / "routes.json").read_bytes())
        assert found.title == "the routes of Express"
        assert routes(found) == EXPRESS
        line = {"note": {}, "product": {}, "count": {"type": "integer"}}
        taken = (Body("application/json", {"type": "object", "properties": line}),)
        posts = [each for each in EXPRESS if each.startswith("POST")]
        puts = [each for each in EXPRESS if each.startswith("PUT")]
        assert bodies(found) == dict.fromkeys(posts, ANY) | dict.fromkeys(puts, taken)
        assert json.loads((tmp_path / "routes.json").read_bytes())["openapi"] == "3.1.0"
