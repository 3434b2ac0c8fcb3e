"""Fills pretix with one organizer that sells tickets, and two teams of it with an API token each.

`managers` may do everything, `clerks` sell and check in. Everything has a fixed slug, code or
token, so that scenarios can name it; ids are looked up by the scenarios themselves.
"""

import os
from datetime import UTC, datetime
from decimal import Decimal

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "pretix.settings"
django.setup()

from django.db import transaction  # noqa: E402
from django_scopes import scopes_disabled  # noqa: E402
from pretix.base.models import Event, Organizer, TeamAPIToken  # noqa: E402

PLUGINS = "pretix.plugins.banktransfer"
CLERKS = ("event.orders:read", "event.orders:write", "event.orders:checkin", "event.vouchers:read")


def main() -> None:
    """Make the organizer, its teams and its events."""
    organizer = Organizer.objects.create(name="City hall", slug="hall", plugins=PLUGINS)
    managers = organizer.teams.create(
        name="Managers", all_events=True, all_event_permissions=True, all_organizer_permissions=True
    )
    clerks = organizer.teams.create(
        name="Clerks",
        all_events=True,
        limit_event_permissions=dict.fromkeys(CLERKS, True),
        limit_organizer_permissions={"organizer.giftcards:read": True},
    )
    TeamAPIToken.objects.create(team=managers, name="api", token="manager-s3cret")  # noqa: S106
    TeamAPIToken.objects.create(team=clerks, name="api", token="clerk-s3cret")  # noqa: S106
    card = organizer.issued_gift_cards.create(secret="GIFT-100", currency="EUR")  # noqa: S106
    card.transactions.create(value=Decimal("100.00"), acceptor=organizer)
    concert(organizer)
    festival(organizer)


def concert(organizer: Organizer) -> None:
    """One evening: two kinds of tickets, a voucher, a list of who may enter."""
    event = new_event(organizer, "Concert", "concert")
    event.settings.invoice_generate = "user"
    event.settings.invoice_address_from = "1 Main Street"
    tax = event.tax_rules.create(name="VAT", rate=Decimal("19.00"))
    seat = event.items.create(
        name="Seat", default_price=Decimal("40.00"), tax_rule=tax, admission=True, personalized=True
    )
    stand = event.items.create(name="Standing", default_price=Decimal("20.00"), admission=True)
    for item, size in ((seat, 50), (stand, 100)):
        event.quotas.create(name=f"{item.name} tickets", size=size).items.add(item)
    event.vouchers.create(code="FRIENDS", item=seat, max_usages=5)
    event.checkin_lists.create(name="Main door", all_products=True)


def festival(organizer: Organizer) -> None:
    """A series: each evening is a subevent with a quota of its own."""
    event = new_event(organizer, "Festival", "festival", has_subevents=True)
    item = event.items.create(name="Pass", default_price=Decimal("15.00"), admission=True)
    evening = event.subevents.create(name="Opening", date_from=event.date_from, active=True)
    event.quotas.create(name="Opening", size=30, subevent=evening).items.add(item)


def new_event(organizer: Organizer, name: str, slug: str, **more: bool) -> Event:
    """An event that is on sale."""
    event = Event.objects.create(
        organizer=organizer,
        name=name,
        slug=slug,
        currency="EUR",
        date_from=datetime(2040, 6, 1, 20, tzinfo=UTC),
        is_public=True,
        plugins=PLUGINS,
        **more,
    )
    event.set_defaults()
    event.live = True
    event.save()
    # The first use of a payment provider stores its defaults: a shop that has sold has them.
    event.get_payment_providers()
    return event


with scopes_disabled(), transaction.atomic():
    main()
