"""A text by a column's name, from Faker: what a person would type there.

The keys of the table are the last words of a name, as `billing_email` ends in `email`. Addresses,
hosts and numbers are those that are set aside for examples (RFC 2606, RFC 5737).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from seamproof.plan.generation.vocabulary import words

if TYPE_CHECKING:
    from faker import Faker

Writer = Callable[["Faker"], str]

_PEOPLE = frozenset(
    "user person people customer member employee contact author owner patient student teacher"  # noqa: SIM905
    " guest client account profile driver agent player buyer seller".split()
)
_COMPANIES = frozenset(
    "company organization organisation org tenant team vendor supplier brand employer publisher"  # noqa: SIM905
    " merchant shop store".split()
)


def _title(faker: Faker) -> str:
    return str(faker.sentence(nb_words=4)).rstrip(".")


def _person(faker: Faker) -> str:
    return f"{faker.first_name()} {faker.last_name()}"


def _thing(faker: Faker) -> str:
    return f"{faker.safe_color_name()} {faker.word()}".capitalize()


_TABLE: tuple[tuple[str, Writer], ...] = (
    ("email mail email_address e_mail recipient", lambda f: f.ascii_safe_email()),
    ("username user_name login handle nickname nick alias", lambda f: f.user_name()),
    ("first_name given_name firstname forename", lambda f: f.first_name()),
    ("last_name family_name lastname surname", lambda f: f.last_name()),
    ("full_name display_name author_name customer_name contact_name", _person),
    ("title subject headline summary", _title),
    ("company organization organisation employer vendor brand", lambda f: f.company()),
    ("job job_title occupation profession", lambda f: f.job()),
    ("slug permalink", lambda f: f.slug()),
    ("code coupon voucher reference ref sku serial", lambda f: f.bothify("????-####").upper()),
    ("ean barcode gtin", lambda f: f.ean13()),
    ("isbn", lambda f: f.isbn13(separator="")),
    ("uuid guid", lambda f: f.uuid4()),
    ("token secret key api_key salt nonce hash digest checksum", lambda f: f.hexify("^" * 32)),
    ("password passwd password_hash hashed_password", lambda f: f"!{f.hexify('^' * 24)}"),
    ("phone mobile telephone tel phone_number fax", lambda f: f.numerify("+1415555####")),
    ("address street street_address address_line", lambda f: f.street_address()),
    ("city town", lambda f: f.city()),
    ("region province county", lambda f: f.state()),
    ("zip zipcode postcode postal_code zip_code", lambda f: f.postcode()),
    ("country", lambda f: f.country()),
    ("country_code nationality", lambda f: f.country_code()),
    ("currency currency_code", lambda f: f.currency_code()),
    ("language lang language_code", lambda f: f.language_code()),
    ("locale", lambda f: f.locale()),
    ("timezone time_zone tz", lambda f: f.timezone()),
    ("iban", lambda f: f.iban()),
    ("bic swift", lambda f: f.swift()),
    ("card_number credit_card card pan", lambda _: "4242424242424242"),
    ("color colour", lambda f: f.hex_color()),
    ("url uri link href website homepage webhook", lambda f: f"https://example.com/{f.slug()}"),
    ("image avatar photo picture logo", lambda f: f"https://example.com/{f.slug()}.png"),
    ("domain hostname host", lambda f: f"{f.domain_word()}.example.com"),
    ("ip ip_address ipv4 remote_addr", lambda f: f"192.0.2.{f.random_int(1, 254)}"),
    ("user_agent", lambda f: f.user_agent()),
    ("filename file_name file", lambda f: f.file_name()),
    ("path folder directory", lambda f: f"/{f.word()}/{f.word()}"),
    ("mime mime_type content_type media_type", lambda f: f.mime_type()),
    ("version", lambda f: f.numerify("%.#.#")),
    ("gender sex", lambda f: f.random_element(("female", "male"))),
    ("description comment note notes text content body message bio reason", lambda f: f.sentence()),
    ("tag label category topic keyword genre", lambda f: f.word()),
    ("unit", lambda _: "piece"),
    ("status state", lambda _: "new"),
    ("type kind method", lambda _: "default"),
    ("role", lambda _: "member"),
)
_WRITERS = {name: writer for names, writer in _TABLE for name in names.split()}
_LIKE_OTHERS = frozenset(
    "status state type kind role level plan currency country locale language timezone unit method"  # noqa: SIM905
    " provider scheme algorithm gender".split()
)


def written(faker: Faker, table: str, column: str) -> str:
    """A text for a column of this name."""
    parts = words(column)
    for at in range(len(parts)):
        joined = "_".join(parts[at:])
        writer = _WRITERS.get(joined) or _WRITERS.get(joined.removesuffix("s"))
        if writer is not None:
            return str(writer(faker))
    if parts and parts[-1] == "name":
        return _name(faker, words(table))
    return str(faker.word())


def _name(faker: Faker, table: tuple[str, ...]) -> str:
    last = {each.removesuffix("s") for each in table[-1:]} | set(table[-1:])
    if last & _PEOPLE:
        return _person(faker)
    if last & _COMPANIES:
        return str(faker.company())
    return _thing(faker)


def like_others(column: str) -> bool:
    """Whether a new row is likely to hold what stored rows hold: a status, a kind, a currency."""
    return bool(words(column)) and words(column)[-1] in _LIKE_OTHERS


def secret(column: str) -> bool:
    """Whether a column holds a password, or what is made of one."""
    return bool({"password", "passwd", "pwd", "passphrase"} & set(words(column)))


def load() -> Any:
    """Faker itself, without its choice of locales. Raises ImportError where it is not there."""
    try:
        from faker import Faker
    except ImportError:
        raise ImportError(
            "factories need Faker, which is not installed: pip install 'seamproof[testing]'"
        ) from None
    return Faker("en_US", use_weighting=False)
