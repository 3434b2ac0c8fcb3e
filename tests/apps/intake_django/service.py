"""Django without a framework for forms: what views let in, and what is refused in one way."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime

from django.db import DataError, models
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django_service import serve, set_up

BROKEN = os.environ["SEAMPROOF_VARIANT"] == "broken"
set_up(__name__, USE_TZ=True)

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
    """accepted-invalid: any plan is taken."""
    body = fields(request)
    email, plan = characters(text(body, "email")), characters(text(body, "plan"))
    if not BROKEN and plan not in ("free", "team"):
        raise Refused(400, "no such plan")
    return JsonResponse({"id": Subscriber.objects.create(email=email, plan=plan).pk}, status=201)


@view("GET")
def subscriber(request: HttpRequest, number: str) -> HttpResponse:
    """schema-violation: a property is missing."""
    if not number.isdecimal() or not 0 < int(number) < _INTEGERS:
        raise Refused(400, "no number")
    found = Subscriber.objects.filter(pk=int(number)).first()
    if found is None:
        raise Refused(404, "there is none")
    shown = {"id": found.pk, "email": found.email}
    return JsonResponse(shown if BROKEN else shown | {"plan": found.plan})


@view("POST", *(("DELETE",) if BROKEN else ()))
def comment(request: HttpRequest) -> HttpResponse:
    """unhandled-input: the column is shorter than the text may be.

    misrouted: what is sent with DELETE is stored as well."""
    body = characters(text(fields(request), "body"))
    try:
        created = Comment.objects.create(body=body)
    except DataError as error:
        if BROKEN:
            raise
        raise Refused(400, "too long") from error
    return JsonResponse({"id": created.pk}, status=201)


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


def dump(request: HttpRequest) -> HttpResponse:
    """undeclared-route."""
    return JsonResponse({"all": list(Subscriber.objects.values())})


def show_metrics(request: HttpRequest) -> HttpResponse:
    """open-internals."""
    return HttpResponse(f"meetings {Meeting.objects.count()}\n", content_type="text/plain")


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return JsonResponse({"error": "no such path"}, status=404)


def failed(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"error": "failed"}, status=500)


def health(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"subscribers": Subscriber.objects.count()})


handler404, handler500 = missing, failed
urlpatterns = [
    path("health", health),
    path("subscribers", subscribe),
    path("subscribers/<str:number>", subscriber),
    path("comments", comment),
    path("invitations", invite),
    path("meetings", meet),
    *([path("reports/dump", dump), path("metrics", show_metrics)] if BROKEN else []),
]

if __name__ == "__main__":
    serve(threading=True)
