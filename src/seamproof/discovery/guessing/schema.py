"""How the tables come to be: a command of the project, or what a run detects by itself."""

from __future__ import annotations

import re

from seamproof.core.errors import SeamproofError
from seamproof.database.migrations import detect
from seamproof.discovery.guessing.commands import python_program
from seamproof.discovery.guessing.frameworks import Framework, application, package
from seamproof.discovery.guessing.guess import Draft
from seamproof.discovery.guessing.project import Project

_SCRIPTS = ("migrate:deploy", "db:deploy", "migrate", "db:migrate", "migration:run", "migrate:up")
_TOOLS = {
    "knexfile.js": "npx knex migrate:latest",
    "knexfile.ts": "npx knex migrate:latest",
    "knexfile.cjs": "npx knex migrate:latest",
    "knexfile.mjs": "npx knex migrate:latest",
    ".sequelizerc": "npx sequelize-cli db:migrate",
    "drizzle.config.ts": "npx drizzle-kit migrate",
    "drizzle.config.js": "npx drizzle-kit migrate",
}
_FLASK_MIGRATE = re.compile(r"flask[-_]migrate", re.IGNORECASE)


def guess(project: Project, framework: Framework | None, draft: Draft) -> None:
    """Guess the migrations. What a run detects itself is told and not written."""
    if _flask(project, framework, draft) or _node(project, draft):
        return
    try:
        found = detect(project.base) or detect(project.root)
    except SeamproofError:
        found = None
    if found is not None:
        draft.guess("migrations", f"{found.tool}, by itself", project.place(found.source))
        return
    draft.guess("migrations", "by the service, when it starts", sure=False)


def _flask(project: Project, framework: Framework | None, draft: Draft) -> bool:
    if framework is None or framework.name != "Flask":
        return False
    for name in ("pyproject.toml", "requirements.txt", "Pipfile"):
        path = project.first(name)
        for _, place in project.search(path, _FLASK_MIGRATE) if path is not None else ():
            made = application(project, framework)
            target = f" --app {made.target}" if made is not None else ""
            command = f"{python_program(project, 'flask')}{target} db upgrade"
            draft.database["migrate"] = command
            draft.guess("migrations", command, place)
            return True
    return False


def _node(project: Project, draft: Draft) -> bool:
    scripts = package(project).get("scripts")
    named = next((each for each in _SCRIPTS if isinstance(scripts, dict) and each in scripts), None)
    if named is not None:
        path = project.base / "package.json"
        pattern = re.compile(rf'"{re.escape(named)}"\s*:')
        place = next((at for _, at in project.search(path, pattern)), project.place(path))
        draft.database["migrate"] = f"npm run {named}"
        draft.guess("migrations", f"npm run {named}", place)
        return True
    schema = next(project.sources(".prisma"), None)
    if schema is not None:
        place = project.place(schema)
        # Where there are no migrations, the schema itself is what the tables are made by.
        made = "migrate deploy" if (schema.parent / "migrations").is_dir() else "db push"
        command = f"npx prisma {made} --schema {schema.relative_to(project.base).as_posix()}"
        draft.database["migrate"] = command
        draft.guess("migrations", command, place)
        return True
    for file, command in _TOOLS.items():
        if (project.base / file).is_file():
            draft.database["migrate"] = command
            draft.guess("migrations", command, project.place(project.base / file))
            return True
    return False
