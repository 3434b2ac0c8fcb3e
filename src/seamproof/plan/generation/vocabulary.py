"""What a field's name says of its value, where the schema says only "string" or "number".

One table. Its keys are the last words of a name: `billing_email` and `billingEmail` are an `email`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

UNIQUE = "{unique}"
"""Eight fresh hexadecimal digits (`core.model.Step`)."""
UUID = "{uuid}"


@dataclass(frozen=True, slots=True)
class Usual:
    """What a field of that name usually holds."""

    text: str = ""
    number: float | None = None
    unique: bool = False
    """Whether a service is likely to refuse a second one: then the text has `{unique}`."""
    flag: bool | None = None


def _one(text: str, number: float | None = None) -> Usual:
    return Usual(text, number, unique=UNIQUE in text)


_TABLE: tuple[tuple[str, Usual], ...] = (
    # Names: what a service is likely to want only once.
    ("name label display_name project_name group_name", _one(f"name-{UNIQUE}")),
    ("title subject headline summary", _one(f"title-{UNIQUE}")),
    ("slug handle alias nickname nick permalink", _one(f"slug-{UNIQUE}")),
    ("username user_name login user_login account_name login_name", _one(f"user{UNIQUE}")),
    ("email mail email_address e_mail recipient", _one(f"user-{UNIQUE}@example.com")),
    ("code coupon voucher promo_code reference ref", _one(f"CODE{UNIQUE}")),
    ("sku ean barcode serial serial_number part_number", _one(f"SKU-{UNIQUE}")),
    ("identifier external_id uid", _one(f"id-{UNIQUE}")),
    ("id", _one(f"id-{UNIQUE}", 1)),
    ("key tag topic keyword category", _one(f"key-{UNIQUE}")),
    ("uuid guid idempotency_key request_id", _one(UUID)),
    ("company organization organisation org tenant team", _one(f"team-{UNIQUE}")),
    ("domain hostname host", _one(f"host-{UNIQUE}.example.com")),
    # What a token says is said by an example of it as it stands.
    ("token secret api_key access_token", Usual(f"token-{UNIQUE}-{UNIQUE}")),
    # People and places.
    ("full_name customer_name contact_name author owner", _one("Alex Moore")),
    ("first_name given_name firstname forename", _one("Alex")),
    ("last_name family_name lastname surname", _one("Moore")),
    ("middle_name initials", _one("J")),
    ("gender sex", _one("female")),
    ("password passwd pass passphrase pwd confirm_password", _one("Sample-Passw0rd!")),
    ("password_confirmation password_repeat password_again", _one("Sample-Passw0rd!")),
    ("password1 password2 password_1 password_2 new_password", _one("Sample-Passw0rd!")),
    ("phone mobile telephone tel phone_number fax", _one("+14155550132")),
    ("address street street_address address_line address_1", _one("12 Main Street")),
    ("city town locality", _one("Berlin")),
    ("state region province", _one("Berlin")),
    ("zip zipcode postcode postal_code zip_code", _one("10115", 10115)),
    ("country country_code nationality", _one("DE")),
    ("latitude lat", _one("52.52", 52.52)),
    ("longitude lng lon long", _one("13.405", 13.405)),
    ("language lang language_code", _one("en")),
    ("locale", _one("en-US")),
    ("timezone time_zone tz", _one("Europe/Berlin")),
    ("age", _one("30", 30)),
    # Money and amounts.
    ("currency currency_code", _one("EUR")),
    ("price amount total cost fee sum value balance subtotal", _one("10.00", 10)),
    ("discount tax rate percent percentage ratio", _one("10", 10)),
    ("quantity qty count number num amount_of units seats stock", _one("1", 1)),
    ("card_number credit_card card pan", _one("4242424242424242")),
    ("cvv cvc security_code", _one("123", 123)),
    ("iban", _one("DE89370400440532013000")),
    ("rating stars score", _one("4", 4)),
    ("weight height width length size depth", _one("10", 10)),
    ("priority position order rank level index", _one("1", 1)),
    ("page per_page page_size limit", _one("1", 10)),
    ("page_number current_page", _one("1", 1)),
    ("offset skip", _one("0", 0)),
    ("duration timeout interval ttl seconds minutes", _one("60", 60)),
    ("port", _one("8080", 8080)),
    ("year", _one("2035", 2035)),
    ("month", _one("6", 6)),
    ("day", _one("15", 15)),
    ("hour", _one("9", 9)),
    ("minute second", _one("0", 0)),
    # Technical.
    ("url uri link href website homepage site web", _one("https://example.com/page")),
    ("callback callback_url redirect redirect_uri webhook", _one("https://example.com/hook")),
    ("image avatar photo picture icon logo thumbnail", _one("https://example.com/image.png")),
    ("ip ip_address ipv4 remote_addr", _one("192.0.2.10")),
    ("ipv6", _one("2001:db8::10")),
    ("color colour hex hex_color background", _one("#336699")),
    ("filename file_name file", _one("sample.txt")),
    ("path folder directory", _one("/sample")),
    ("mime mime_type content_type media_type", _one("text/plain")),
    ("version semver", _one("1.0.0", 1)),
    ("cron schedule", _one("0 0 * * *")),
    ("regex regexp pattern", _one("^sample$")),
    ("json", _one("{}")),
    ("html", _one("<p>Sample</p>")),
    ("query q search term filter", _one("sample")),
    ("description comment note notes text content body message bio reason", _one("A short text")),
    ("details about caption review feedback excerpt", _one("A short text")),
    ("environment env", _one("development")),
    # Times: in the future for what begins or ends, long ago for what was born.
    ("start starts begin begins from since valid_from start_date", _one("2035-01-10")),
    ("start_time starts_at begin_at scheduled_at start_at", _one("2035-01-10T09:00:00Z")),
    ("scheduled_for send_at publish_at departure", _one("2035-01-10T09:00:00Z")),
    ("end ends until to due expiry expiration deadline", _one("2035-02-20")),
    ("end_date due_date expiry_date expiration_date valid_until valid_to", _one("2035-02-20")),
    ("expires expires_at expire_at end_time ends_at due_at end_at", _one("2035-02-20T09:00:00Z")),
    ("birthday birthdate birth_date date_of_birth dob born", _one("1990-05-17")),
    ("date on", _one("2035-01-15")),
    ("at datetime timestamp created updated time_at", _one("2035-01-15T09:00:00Z")),
    ("time", _one("09:00:00")),
)
_USUAL = {name: usual for names, usual in _TABLE for name in names.split()}

_EARLY = frozenset({"start", "starts", "begin", "begins", "from", "since", "scheduled", "publish"})
_LATE = frozenset(
    "end ends until due expire expires expiry expiration deadline expired to".split()  # noqa: SIM905
)
_BORN = frozenset({"birth", "birthday", "birthdate", "dob", "born"})

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]|$)")
_REFERENCE = re.compile(r"(?:^|_)(?:ids?|uuids?|guids?|pks?|fk)$")


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """A name's words in lower case, however they are joined: `userID` is `user`, `id`."""
    return tuple(each.lower() for each in _WORD.findall(name[:200]))


@lru_cache(maxsize=4096)
def usual(name: str) -> Usual | None:
    """What a field of this name usually holds, by the longest end of it that is known."""
    parts = words(name)
    for at in range(len(parts)):
        joined = "_".join(parts[at:])
        for each in (joined, joined.removesuffix("s")):
            if each in _USUAL:
                return _USUAL[each]
    return None


@lru_cache(maxsize=4096)
def day(name: str) -> str:
    """A date for a field of this name: what ends does so after what begins, both to come."""
    found = frozenset(words(name))
    if found & _BORN:
        return "1990-05-17"
    if found & _LATE:
        return "2035-02-20"
    return "2035-01-10" if found & _EARLY else "2035-01-15"


def is_past(name: str, text: str) -> bool:
    """Whether a date or time is too early for a field of this name: documents grow old, and what
    expired in one of their examples is refused."""
    found = frozenset(words(name))
    return bool(found & _LATE) and _MOMENT.match(text) is not None and text < day(name)


def refers(name: str) -> bool:
    """Whether a name is like that of a reference to another thing: `user_id`, `tagIds`."""
    return _REFERENCE.search("_".join(words(name))) is not None
