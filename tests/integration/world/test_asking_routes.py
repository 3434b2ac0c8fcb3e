"""The service's own code is asked for its routes: in its environment, on its database, guarded."""

import asyncio
from textwrap import dedent

import pytest

from seamproof.core.errors import SafetyError
from seamproof.discovery.openapi import Unreadable
from seamproof.run import routes
from seamproof.world import open_world

SHOP = """
    import os, time
    import psycopg
    from flask import Flask

    VARIABLE = "SHOP_ELSEWHERE" if os.path.exists("elsewhere") else "SHOP_DATABASE"
    kept = psycopg.connect(os.environ[VARIABLE])
    with psycopg.connect(os.environ["SHOP_DATABASE"]) as connection:
        tables = connection.execute("SELECT relname FROM pg_class WHERE relname = 'counted'")
        (TABLE,) = tables.fetchone()
    if os.path.exists("elsewhere"):
        time.sleep(60)
    if os.path.exists("broken"):
        raise SystemExit("no licence for " + os.environ["SHOP_DATABASE"])
    app = Flask(__name__)

    @app.get("/health")
    def health():
        with psycopg.connect(os.environ["SHOP_DATABASE"]) as connection:
            return str(connection.execute("SELECT 1").fetchone())

    @app.put(f"/{TABLE}/<int:number>")
    def count(number): ...
"""


@pytest.mark.long
def test_the_table_comes_from_the_services_own_code(project, test_server, tmp_path):
    (tmp_path / "shop.py").write_text(dedent(SHOP))
    config = project(
        service={
            "command": "{python} -m flask --app shop run --port {port}",
            "ready": "/health",
            "env": {"SHOP_DATABASE": "{database.url}", "SHOP_ELSEWHERE": test_server},
        }
    )

    async def ask():
        async with open_world(config, notify=lambda event: None) as world:
            found = await routes.ask(world)
            (tmp_path / "broken").touch()
            with pytest.raises(Unreadable) as refused:
                await routes.ask(world)
            (tmp_path / "elsewhere").touch()
            with pytest.raises(SafetyError):
                await routes.ask(world)
            return found, str(refused.value)

    found, refused = asyncio.run(ask())
    assert [each.operation.id for each in found.declarations] == [
        "GET /health",
        "PUT /counted/{number}",
    ]
    assert found.title == "the URL map of Flask"
    assert refused.startswith("the question for its routes failed with exit code 1: no licence for")
    assert "***" in refused
