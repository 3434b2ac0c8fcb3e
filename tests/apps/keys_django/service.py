"""Django on psycopg: what lets readers in to a library, and where their secrets are kept.

Right in both variants: a greeting is for everybody, whatever token they show; a token may be for
several services; the end of a token is kept as it is, to be known again in a list; a card may be
activated once more, which changes nothing.
"""

import hashlib
import json
import os
import urllib.request
from collections.abc import Callable
from functools import wraps
from pathlib import Path

import tokens
from django import forms
from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import path
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_service import serve, set_up

BROKEN = os.environ["SEAMPROOF_VARIANT"] == "broken"
set_up(
    __name__,
    USE_TZ=True,
    # weak-key: that of the project's template.
    SECRET_KEY="changeme" if BROKEN else os.environ["SECRET_KEY"],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.ScryptPasswordHasher"],
    SIGNING_KEY_FILE=Path(os.environ["SIGNING_KEY_FILE"]),
    PUBLIC_KEYS=Path(os.environ["PUBLIC_KEYS"]),
)


class Reader(models.Model):
    username = models.TextField(unique=True)
    password = models.TextField()

    class Meta:
        app_label = db_table = "readers"


class Loan(models.Model):
    reader = models.ForeignKey(Reader, models.CASCADE)
    title = models.TextField()

    class Meta:
        app_label = db_table = "loans"


class Notice(models.Model):
    body = models.TextField()

    class Meta:
        app_label = db_table = "notices"


class Device(models.Model):
    reader = models.ForeignKey(Reader, models.CASCADE)
    token = models.TextField(unique=True)
    ends_in = models.TextField()

    class Meta:
        app_label = db_table = "devices"


class Reset(models.Model):
    token = models.TextField(unique=True)
    reader = models.ForeignKey(Reader, models.CASCADE)
    used_at = models.DateTimeField(null=True)

    class Meta:
        app_label = db_table = "resets"


class Card(models.Model):
    code = models.TextField(unique=True)
    reader = models.ForeignKey(Reader, models.CASCADE)
    active = models.BooleanField()

    class Meta:
        app_label = db_table = "cards"


def answer(status: int = 200, **body: object) -> JsonResponse:
    return JsonResponse(body, status=status)


class Refused(Exception):
    """Ends a request with a 4xx."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def view(method: str):
    """A view of this method."""

    def wrap(function):
        @wraps(function)
        def guarded(request: HttpRequest) -> HttpResponse:
            if request.method != method:
                return HttpResponseNotAllowed([method])
            try:
                return function(request)
            except Refused as refused:
                return answer(refused.status)

        return guarded

    return wrap


def shown(request: HttpRequest) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


def signed_in(reader_of: Callable[[str], int]):
    """A view for whom a token is of, by one way to read it."""

    def wrap(function):
        @wraps(function)
        def guarded(request: HttpRequest) -> HttpResponse:
            try:
                request.reader = Reader.objects.filter(pk=reader_of(shown(request))).first()
            except tokens.NoToken:
                request.reader = None
            if request.reader is None:
                raise Refused(401)
            return function(request)

        return guarded

    return wrap


class Named(forms.Form):
    username = forms.RegexField(r"^[a-z]{1,40}\Z")


class Newcomer(Named):
    password = forms.RegexField(r"^[ -~]{8,100}\Z", strip=False)


class NewPassword(forms.Form):
    token = forms.CharField(max_length=100)
    password = forms.RegexField(r"^[ -~]{8,100}\Z", strip=False)


class Activation(forms.Form):
    code = forms.CharField(max_length=100)


def cleaned(form: type[forms.Form], request: HttpRequest) -> dict:
    """The body as a form takes it."""
    try:
        body = json.loads(request.body)
    except ValueError:
        raise Refused(400) from None
    checked = form(body if isinstance(body, dict) else {})
    if not checked.is_valid():
        raise Refused(400)
    return checked.cleaned_data


def named(request: HttpRequest) -> Reader:
    """A name is enough: what is looked at here is what comes of the token."""
    found = Reader.objects.filter(**cleaned(Named, request)).first()
    if found is None:
        raise Refused(404)
    return found


@view("GET")
def health(request: HttpRequest) -> HttpResponse:
    return answer(readers=Reader.objects.count())


@view("POST")
def login(request: HttpRequest) -> HttpResponse:
    return answer(token=tokens.signed_on(named(request).pk))


@view("POST")
def kiosk_login(request: HttpRequest) -> HttpResponse:
    return answer(token=tokens.of_kiosk(named(request).pk))


@view("GET")
@signed_in(tokens.signed_on_reader)
def profile(request: HttpRequest) -> HttpResponse:
    return answer(id=request.reader.pk, username=request.reader.username)


@view("GET")
@signed_in(tokens.reader_of_kiosk)
def kiosk_loans(request: HttpRequest) -> HttpResponse:
    titles = Loan.objects.filter(reader=request.reader).values_list("title", flat=True)
    return answer(titles=list(titles[:50]))


@view("GET")
def greet(request: HttpRequest) -> HttpResponse:
    """For everybody: the token is not looked at, whatever it is."""
    return answer(readers=Reader.objects.count(), signed_in=bool(shown(request)))


@view("GET")
def loans(request: HttpRequest) -> HttpResponse:
    """undeclared-refusal: Django's own way to refuse answers 403, and the document has 401."""
    try:
        reader = tokens.reader_of_gateway(shown(request))
    except tokens.NoToken as error:
        raise (PermissionDenied if BROKEN else Refused(401)) from error
    return answer(loans=Loan.objects.filter(reader=reader).count())


@view("GET")
def notice(request: HttpRequest) -> HttpResponse:
    """malformed-credential: that one is shown is enough."""
    try:
        if not BROKEN:
            tokens.signed_on_reader(shown(request))
    except tokens.NoToken:
        raise Refused(401) from None
    if not shown(request):
        raise Refused(401)
    return answer(body=Notice.objects.latest("id").body)


@view("POST")
def add_device(request: HttpRequest) -> HttpResponse:
    """token-stored: what a device signs in with, kept to be compared. A hash would do."""
    token = get_random_string(32)
    kept = token if BROKEN else hashlib.sha256(token.encode()).hexdigest()
    device = Device.objects.create(reader=named(request), token=kept, ends_in=token[-4:])
    return answer(201, id=device.pk, token=token)


@view("POST")
def register(request: HttpRequest) -> HttpResponse:
    """password-stored: the form's data become the row.

    secret-passed-on: and all of them are told to the newsletter.
    """
    data = cleaned(Newcomer, request)
    told = data if BROKEN else {"username": data["username"]}
    call = urllib.request.Request(
        f"{os.environ['NEWSLETTER_URL']}/readers",
        json.dumps(told).encode(),
        {"Content-Type": "application/json"},
    )
    urllib.request.urlopen(call, timeout=2).close()
    if not BROKEN:
        data["password"] = make_password(data["password"])
    try:
        return answer(201, id=Reader.objects.create(**data).pk)
    except IntegrityError:
        raise Refused(409) from None


@view("POST")
def reset_password(request: HttpRequest) -> HttpResponse:
    """token-used-twice: that it was used is written down, and not looked at."""
    data = cleaned(NewPassword, request)
    found = Reset.objects.filter(token=data["token"])
    if not BROKEN:
        found = found.filter(used_at=None)
    reset = found.first()
    if reset is None or not found.update(used_at=timezone.now()):
        raise Refused(404)
    password = make_password(data["password"])
    Reader.objects.filter(pk=reset.reader_id).update(password=password)
    return answer(id=reset.reader_id)


@view("POST")
def activate_card(request: HttpRequest) -> HttpResponse:
    if not Card.objects.filter(**cleaned(Activation, request)).update(active=True):
        raise Refused(404)
    return answer()


urlpatterns = [
    path("health", health),
    path("login", login),
    path("kiosk/login", kiosk_login),
    path("kiosk/loans", kiosk_loans),
    path("me", profile),
    path("greeting", greet),
    path("loans", loans),
    path("notices", notice),
    path("devices", add_device),
    path("readers", register),
    path("password/reset", reset_password),
    path("cards/activation", activate_card),
]

if __name__ == "__main__":
    serve()
