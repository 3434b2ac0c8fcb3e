"""Django on psycopg: the races that its ORM makes easy, and what it offers against each."""

import hashlib
import json
import os
import threading
import urllib.request
from http.client import HTTPException

from django.db import IntegrityError, connection, models, transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django_service import serve, set_up

BROKEN = os.environ["SEAMPROOF_VARIANT"] == "broken"
set_up(__name__)
in_process = threading.Lock()


def constrained(name: str) -> str:
    """A table that the corrected twin has under a UNIQUE constraint."""
    return name if BROKEN else f"unique_{name}"


class Wallet(models.Model):
    balance = models.IntegerField()

    class Meta:
        app_label = db_table = "wallets"


class Page(models.Model):
    views = models.IntegerField()

    class Meta:
        app_label = db_table = "pages"


class Product(models.Model):
    stock = models.IntegerField()

    class Meta:
        app_label = db_table = "products"


class Order(models.Model):
    product = models.ForeignKey(Product, models.CASCADE)

    class Meta:
        app_label = db_table = "orders"


class Coupon(models.Model):
    code = models.TextField(primary_key=True)
    used = models.BooleanField()

    class Meta:
        app_label = db_table = "coupons"


class Team(models.Model):
    name = models.TextField()

    class Meta:
        app_label = db_table = "teams"


class Project(models.Model):
    team = models.ForeignKey(Team, models.CASCADE)

    class Meta:
        app_label = db_table = "projects"


class Doctor(models.Model):
    on_call = models.BooleanField()

    class Meta:
        app_label = db_table = "doctors"


class Member(models.Model):
    email = models.TextField()

    class Meta:
        app_label = "members"
        db_table = constrained("members")


class Preference(models.Model):
    name = models.TextField()
    value = models.TextField()

    class Meta:
        app_label = "preferences"
        db_table = constrained("preferences")


class Job(models.Model):
    state = models.TextField()
    claims = models.IntegerField()

    class Meta:
        app_label = db_table = "jobs"


class Seat(models.Model):
    taken = models.BooleanField()

    class Meta:
        app_label = db_table = "seats"


class Booking(models.Model):
    seat = models.ForeignKey(Seat, models.CASCADE)

    class Meta:
        app_label = db_table = "bookings"


class Shipment(models.Model):
    cents = models.IntegerField()

    class Meta:
        app_label = db_table = "shipments"


class Profile(models.Model):
    name = models.TextField()
    city = models.TextField()

    class Meta:
        app_label = db_table = "profiles"


class Article(models.Model):
    edits = models.IntegerField()
    version = models.IntegerField()

    class Meta:
        app_label = db_table = "articles"


class Payment(models.Model):
    amount = models.IntegerField()

    class Meta:
        app_label = db_table = "payments"


class Key(models.Model):
    key = models.TextField()
    fingerprint = models.TextField()
    payment = models.ForeignKey(Payment, models.CASCADE, null=True)

    class Meta:
        app_label = "keys"
        db_table = constrained("keys")


class Audit(models.Model):
    what = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = db_table = "audit"


def answer(status: int = 200, **body: object) -> JsonResponse:
    return JsonResponse(body, status=status)


def health(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return answer()


def locked(rows: models.QuerySet) -> models.QuerySet:
    return rows if BROKEN else rows.select_for_update()


@transaction.atomic
def withdraw(request: HttpRequest) -> HttpResponse:
    """lost-update, prevented by a lock. Its audit row and the times in it are no defect."""
    wallet = locked(Wallet.objects).get(id=1)
    if wallet.balance < 10:
        return answer(422)
    wallet.balance -= 10
    wallet.save(update_fields=["balance"])
    Audit.objects.create(what="withdrawn")
    return answer(201, left=wallet.balance)


@transaction.atomic
def view_page(request: HttpRequest) -> HttpResponse:
    """lost-update of a counter, prevented by computing in the database."""
    page = Page.objects.get(id=1)
    page.views = page.views + 1 if BROKEN else F("views") + 1
    page.save(update_fields=["views"])
    return answer()


@transaction.atomic
def edit(request: HttpRequest) -> HttpResponse:
    """lost-update, prevented by a version; the second of two edits is told of the conflict."""
    article = Article.objects.get(id=1)
    same = {} if BROKEN else {"version": article.version}
    changed = Article.objects.filter(id=1, **same).update(
        edits=article.edits + 1, version=article.version + 1
    )
    return answer(200 if changed else 409)


@transaction.atomic
def order(request: HttpRequest) -> HttpResponse:
    """guard-bypass of a stock, prevented by a condition in the write."""
    if Product.objects.get(id=1).stock < 1:
        return answer(409)
    guard = {} if BROKEN else {"stock__gte": 1}
    if not Product.objects.filter(id=1, **guard).update(stock=F("stock") - 1):
        return answer(409)
    return answer(201, id=Order.objects.create(product_id=1).id)


@transaction.atomic
def redeem(request: HttpRequest) -> HttpResponse:
    """guard-bypass of a coupon, prevented by a lock."""
    coupon = locked(Coupon.objects).get(code="HALF")
    if coupon.used:
        return answer(409)
    coupon.used = True
    coupon.save()
    return answer()


@transaction.atomic
def add_project(request: HttpRequest) -> HttpResponse:
    """guard-bypass of a quota of two, prevented by a lock of the row that it belongs to."""
    team = locked(Team.objects).get(id=1)
    if Project.objects.filter(team=team).count() >= 2:
        return answer(403)
    return answer(201, id=Project.objects.create(team=team).id)


@transaction.atomic
def book_seat(request: HttpRequest) -> HttpResponse:
    """guard-bypass over two processes, where the lock is in each of them."""
    with in_process:
        seat = locked(Seat.objects).get(id=1)
        if seat.taken:
            return answer(409)
        seat.taken = True
        seat.save()
        return answer(201, id=Booking.objects.create(seat=seat).id)


@transaction.atomic
def leave(request: HttpRequest, doctor: int) -> HttpResponse:
    """write-skew, prevented by a lock of all rows that the rule is about."""
    on_call = list(locked(Doctor.objects).filter(on_call=True).order_by("id"))
    if not [each for each in on_call if each.id != doctor]:
        return answer(409)
    Doctor.objects.filter(id=doctor).update(on_call=False)
    return answer()


def join(request: HttpRequest) -> HttpResponse:
    """duplicate-rows: `get_or_create` needs a UNIQUE constraint to be what it says."""
    member, _ = Member.objects.get_or_create(email="ada@example.com")
    return answer(200, id=member.id)


def prefer(request: HttpRequest) -> HttpResponse:
    """duplicate-rows: so does `update_or_create`."""
    Preference.objects.update_or_create(name="theme", defaults={"value": "dark"})
    return answer()


@transaction.atomic
def claim(request: HttpRequest) -> HttpResponse:
    """lost-update: two workers claim one job, prevented by SKIP LOCKED."""
    ready = Job.objects.filter(state="ready").order_by("id")
    job = (ready if BROKEN else ready.select_for_update(skip_locked=True)).first()
    if job is None:
        return answer(404)
    job.state, job.claims = "claimed", job.claims + 1
    job.save()
    return answer(200, job=job.id)


@transaction.atomic
def change_profile(request: HttpRequest, column: str) -> HttpResponse:
    """full-row-overwrite: `save` writes every column, unless it is told which."""
    profile = Profile.objects.get(id=1)
    setattr(profile, column, "changed")
    profile.save(update_fields=None if BROKEN else [column])
    return answer()


def pay(request: HttpRequest) -> HttpResponse:
    """duplicate-effect: two requests with one key may both look before either stores it."""
    key, print_ = request.headers["Idempotency-Key"], hashlib.sha256(request.body).hexdigest()
    if BROKEN:
        with transaction.atomic():
            stored = Key.objects.filter(key=key).first()
            if stored is None:
                payment = Payment.objects.create(amount=5)
                Key.objects.create(key=key, fingerprint=print_, payment=payment)
                return answer(201, id=payment.id)
    else:
        try:
            with transaction.atomic():
                stored = Key.objects.create(key=key, fingerprint=print_)
                stored.payment = Payment.objects.create(amount=5)
                stored.save()
                return answer(201, id=stored.payment_id)
        except IntegrityError:
            stored = Key.objects.get(key=key)
    if stored.fingerprint != print_:
        return answer(422)
    return answer(201, id=stored.payment_id)


def rate(patience: float | None = None) -> int:
    """What the carrier takes at the moment, in cents."""
    with urllib.request.urlopen(f"{os.environ['CARRIER_URL']}/rates", timeout=patience) as said:
        return json.load(said)["cents"]


def ship(request: HttpRequest) -> HttpResponse:
    """transaction-open-during-call: what `atomic` is round is a view, with all that it waits for,
    and `urlopen` waits for good."""
    try:
        if BROKEN:
            with transaction.atomic():
                shipment = Shipment.objects.create(cents=0)
                shipment.cents = rate()
                shipment.save(update_fields=["cents"])
        else:
            shipment = Shipment.objects.create(cents=rate(patience=0.3))
    except (OSError, HTTPException, ValueError):
        return answer(502)
    return answer(201, id=shipment.id)


urlpatterns = [
    path("health", health),
    path("wallets/1/withdrawals", withdraw),
    path("pages/1/views", view_page),
    path("articles/1/edits", edit),
    path("orders", order),
    path("coupons/HALF/redemptions", redeem),
    path("projects", add_project),
    path("seats/1/bookings", book_seat),
    path("doctors/<int:doctor>/leave", leave),
    path("members", join),
    path("preferences/theme", prefer),
    path("jobs/claim", claim),
    path("profiles/1/<str:column>", change_profile),
    path("payments", pay),
    path("shipments", ship),
]

if __name__ == "__main__":
    serve()
