"""Django without a framework for APIs: what views let in, and what is refused in one way."""

import hashlib
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from django import forms
from django.core.asgi import get_asgi_application
from django.core.management import BaseCommand, CommandError, CommandParser, call_command
from django.db import DataError, models
from django.db.models import Count, Q
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.timezone import localtime, make_naive
from django_service import set_up

BROKEN = os.environ["SEAMPROOF_VARIANT"] == "broken"
CAREFUL = {
    # missing-header: the document promises a tag, and this is what makes one.
    "MIDDLEWARE": ["django.middleware.http.ConditionalGetMiddleware"],
    # text-without-limit: a field of a model has none, but Django has one for the whole body.
    "DATA_UPLOAD_MAX_MEMORY_SIZE": 2_000_000,
}
set_up(__name__, USE_TZ=True, **({"DATA_UPLOAD_MAX_MEMORY_SIZE": None} if BROKEN else CAREFUL))

View = Callable[..., HttpResponse]
_INTEGERS = 2**31


class Subscriber(models.Model):
    email = models.TextField()
    plan = models.TextField()

    class Meta:
        app_label = db_table = "subscribers"


class Comment(models.Model):
    body = models.CharField(max_length=40)

    class Meta:
        app_label = db_table = "comments"


class Invitation(models.Model):
    seats = models.IntegerField()

    class Meta:
        app_label = db_table = "invitations"


class Meeting(models.Model):
    topic = models.TextField()
    begins = models.DateTimeField()

    class Meta:
        app_label = db_table = "meetings"


class Price(models.Model):
    name = models.TextField()
    cents = models.IntegerField()

    class Meta:
        app_label = db_table = "prices"


class Reminder(models.Model):
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        app_label = db_table = "reminders"


class Profile(models.Model):
    name = models.TextField(blank=True)
    about = models.TextField(blank=True)

    class Meta:
        app_label = db_table = "profiles"


class Letter(models.Model):
    text = models.TextField()

    class Meta:
        app_label = db_table = "letters"


class Refused(Exception):
    """Ends a request with a 4xx."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def fields(request: HttpRequest) -> dict:
    """The body, which must be an object."""
    if request.content_type != "application/json":
        raise Refused(415, "JSON is taken")
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise Refused(400, "no JSON") from error
    if not isinstance(body, dict):
        raise Refused(400, "no object")
    return body


def text(body: dict, name: str) -> str:
    """A text of the body. Spaces round it are trimmed."""
    value = body.get(name)
    if not isinstance(value, str) or not value or len(value) > 200 or "\0" in value:
        raise Refused(400, f"{name} is no text")
    return value.strip()


def key(number: str) -> int:
    """The key that a path has."""
    if not number.isdecimal() or not 0 < int(number) < _INTEGERS:
        raise Refused(400, "no number")
    return int(number)


def characters(value: str) -> str:
    """The text, of which UTF-8 can be made: half of a surrogate pair is a character of none."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Refused(400, "no characters") from error
    return value


def view(*methods: str) -> Callable[[View], View]:
    """A view of these methods, whose refusals have one shape."""

    def wrap(function: View) -> View:
        def answer(request: HttpRequest, **parameters: str) -> HttpResponse:
            if request.method not in methods:
                headers = {"Allow": ", ".join(methods)}
                return JsonResponse({"error": "no such method"}, status=405, headers=headers)
            try:
                return function(request, **parameters)
            except Refused as refused:
                return JsonResponse({"error": str(refused)}, status=refused.status)

        return answer

    return wrap


@view("POST")
def subscribe(request: HttpRequest) -> HttpResponse:
    """accepted-invalid: any plan is taken.

    normalised-value: addresses in small letters, of which the client hears nothing."""
    body = fields(request)
    email, plan = characters(text(body, "email")), characters(text(body, "plan"))
    if not BROKEN and plan not in ("free", "team"):
        raise Refused(400, "no such plan")
    created = Subscriber.objects.create(email=email.lower() if BROKEN else email, plan=plan)
    return JsonResponse({"id": created.pk}, status=201)


@view("GET")
def subscriber(request: HttpRequest, number: str) -> HttpResponse:
    """schema-violation: a property is missing."""
    found = Subscriber.objects.filter(pk=key(number)).first()
    if found is None:
        raise Refused(404, "there is none")
    shown = {"id": found.pk, "email": found.email}
    return JsonResponse(shown if BROKEN else shown | {"plan": found.plan})


@view("POST", *(("DELETE",) if BROKEN else ()))
def comment(request: HttpRequest) -> HttpResponse:
    """unhandled-input: the column is shorter than the text may be.

    misrouted: what is sent with DELETE is stored as well.

    undeclared-status: that of a JsonResponse which is given none."""
    body = characters(text(fields(request), "body"))
    try:
        created = Comment.objects.create(body=body)
    except DataError as error:
        if BROKEN:
            raise
        raise Refused(400, "too long") from error
    return JsonResponse({"id": created.pk}, status=200 if BROKEN else 201)


@view("POST")
def invite(request: HttpRequest) -> HttpResponse:
    """written-before-validation: the row is there when the seats are looked at.

    uneven-errors: and no JSON says so."""
    seats = fields(request).get("seats")
    if isinstance(seats, float) and seats.is_integer():
        seats = int(seats)  # 3.0 is an integer of JSON Schema.
    if isinstance(seats, bool) or not isinstance(seats, int) or not -1000 <= seats <= 1000:
        raise Refused(400, "no number")
    if not BROKEN and seats < 1:
        raise Refused(400, "no seats")
    created = Invitation.objects.create(seats=seats)
    if seats < 1:
        return HttpResponse("no seats", status=400, content_type="text/plain")
    return JsonResponse({"id": created.pk}, status=201)


@view("POST")
def meet(request: HttpRequest) -> HttpResponse:
    """altered-value: the offset of the time is dropped; unhandled-input: half of a character."""
    body = fields(request)
    topic = text(body, "topic")
    if not BROKEN:
        characters(topic)
    try:
        begins = datetime.fromisoformat(text(body, "begins"))
    except ValueError as error:
        raise Refused(400, "no time") from error
    begins = begins.replace(tzinfo=UTC) if BROKEN or begins.tzinfo is None else begins
    created = Meeting.objects.create(topic=topic, begins=begins)
    return JsonResponse({"id": created.pk, "topic": created.topic}, status=201)


@view("GET")
def invitations(request: HttpRequest) -> HttpResponse:
    """old-version: its path of before is still there."""
    return JsonResponse({"invitations": list(Invitation.objects.order_by("id").values()[:50])})


@view("GET")
def invitation(request: HttpRequest, number: str) -> HttpResponse:
    """undeclared-media-type: JSON that Django is not told of."""
    found = Invitation.objects.filter(pk=key(number)).values().first()
    if found is None:
        raise Refused(404, "there is none")
    return HttpResponse(json.dumps(found)) if BROKEN else JsonResponse(found)


class ImportPrices(BaseCommand):
    """Was written for the command line."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("lines")

    def handle(self, *, lines: str, **options: object) -> None:
        """ended-by-input: on the command line that is how one refuses, and here one more is."""
        prices = [line.partition(",") for line in lines.splitlines()]
        for name, _, cents in prices:
            if not (name and cents.isdecimal() and cents.isascii() and len(cents) < 10):
                if BROKEN:
                    sys.exit(f"{name!r} has no price")
                raise CommandError("no price")
        Price.objects.bulk_create(Price(name=name, cents=int(cents)) for name, _, cents in prices)


@view("POST")
def import_prices(request: HttpRequest) -> HttpResponse:
    try:
        call_command(ImportPrices(), characters(text(fields(request), "lines")))
    except CommandError as error:
        raise Refused(400, str(error)) from error
    return JsonResponse({"prices": Price.objects.count()}, status=201)


@view("POST")
def remind(request: HttpRequest) -> HttpResponse:
    """reads-otherwise: the hour of the service's own zone, without saying so.

    The fixed twin says so: it is the same moment."""
    body = fields(request)
    try:
        at = datetime.fromisoformat(text(body, "at"))
    except ValueError as error:
        raise Refused(400, "no time") from error
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    created = Reminder.objects.create(text=characters(text(body, "text")), at=at)
    shown = (make_naive if BROKEN else localtime)(created.at)
    return JsonResponse({"id": created.pk, "at": shown.isoformat()}, status=201)


class ProfileForm(forms.ModelForm):
    class Meta:
        model = Profile
        fields = ("name", "about")


@view("PATCH", "PUT")
def change_profile(request: HttpRequest, number: str) -> HttpResponse:
    """wiped-by-omission: to a form of a model a field that is not there is an empty one.

    With PUT that is right: it replaces the whole."""
    profile = Profile.objects.filter(pk=key(number)).first()
    if profile is None:
        raise Refused(404, "there is none")
    whole = BROKEN or request.method == "PUT"
    known = {} if whole else model_to_dict(profile)
    form = ProfileForm({**known, **fields(request)}, instance=profile)
    if not form.is_valid():
        raise Refused(400, "no profile")
    form.save()
    return JsonResponse({"id": profile.pk})


def long_text(request: HttpRequest) -> str:
    value = fields(request).get("text")
    if not isinstance(value, str) or "\0" in value:
        raise Refused(400, "no text")
    return characters(value)


@view("POST")
def write(request: HttpRequest) -> HttpResponse:
    """text-without-limit: see what Django is set up with."""
    return JsonResponse({"id": Letter.objects.create(text=long_text(request)).pk}, status=201)


@view("POST")
def digest(request: HttpRequest) -> HttpResponse:
    """Right in both variants: of a text of any length the digest is stored."""
    stored = hashlib.sha256(long_text(request).encode()).hexdigest()
    return JsonResponse({"id": Letter.objects.create(text=stored).pk}, status=201)


COUNTED = {"total" if BROKEN else "subscribers": Count("id"), "teams": Count("id", Q(plan="team"))}
"""breaking-change: clients know all of them as `subscribers`. What is new beside it breaks none."""


@view("GET")
def summary(request: HttpRequest) -> HttpResponse:
    return JsonResponse(Subscriber.objects.aggregate(**COUNTED))


@view("GET")
def document(request: HttpRequest) -> HttpResponse:
    """Its schemas of what is counted are made of what is counted."""
    described = json.loads(Path("openapi.json").read_text())
    described["components"]["schemas"]["Summary"] = {
        "type": "object",
        "required": list(COUNTED),
        "properties": {name: {"type": "integer"} for name in COUNTED},
    }
    return JsonResponse(described)


def dump(request: HttpRequest) -> HttpResponse:
    """undeclared-route."""
    return JsonResponse({"all": list(Subscriber.objects.values())})


def show_metrics(request: HttpRequest) -> HttpResponse:
    """open-internals."""
    return HttpResponse(f"meetings {Meeting.objects.count()}\n", content_type="text/plain")


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return JsonResponse({"error": "no such path"}, status=404)


def unreadable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return JsonResponse({"error": "too large"}, status=400)


def failed(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"error": "failed"}, status=500)


def health(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"subscribers": Subscriber.objects.count()})


handler400, handler404, handler500 = unreadable, missing, failed
urlpatterns = [
    path("health", health),
    path("subscribers", subscribe),
    path("subscribers/<str:number>", subscriber),
    path("comments", comment),
    path("invitations", invite),
    path("v2/invitations", invitations),
    path("v2/invitations/<str:number>", invitation),
    path("meetings", meet),
    path("imports", import_prices),
    path("reminders", remind),
    path("profiles/<str:number>", change_profile),
    path("letters", write),
    path("digests", digest),
    path("summary", summary),
    path("openapi.json", document),
]
if BROKEN:
    urlpatterns += [
        path("reports/dump", dump),
        path("metrics", show_metrics),
        path("v1/invitations", invitations),
    ]
app = get_asgi_application()
