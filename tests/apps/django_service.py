"""What each service on Django needs round its models and views. It is linked to beside each."""

import os
import sys

import django
from django.conf import settings
from django.core.servers.basehttp import run
from django.core.wsgi import get_wsgi_application


def set_up(service: str, **more: object) -> None:
    """Configure Django with the database that the environment names, and the URL patterns of a
    module. What else is given is added."""
    database = {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": None}
    for key in ("HOST", "PORT", "USER", "PASSWORD", "NAME"):
        database[key] = os.environ[f"DB_{key}"]
    settings.configure(
        ROOT_URLCONF=service, ALLOWED_HOSTS=["*"], DATABASES={"default": database}, **more
    )
    django.setup()


def serve(*, threading: bool = False) -> None:
    """Answer requests at the port that is the program's argument."""
    run("127.0.0.1", int(sys.argv[1]), get_wsgi_application(), threading=threading)
