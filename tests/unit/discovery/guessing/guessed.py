"""Projects as people write them, and what is guessed of them."""

from __future__ import annotations

import textwrap
from pathlib import Path

from seamproof.discovery.guessing.guess import Draft
from seamproof.discovery.guessing.initialising import drafted

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


FASTAPI = {
    "requirements.txt": "fastapi\n",
    "main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
}
