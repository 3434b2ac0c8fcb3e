"""Factories of factory_boy and polyfactory, whose models are of SQLAlchemy, Django or nobody."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import factory
import pytest
from polyfactory.factories import DataclassFactory
from polyfactory.factories.pydantic_factory import ModelFactory
from pydantic import BaseModel
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Tenant(Base):
    __tablename__ = "tenants"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    address: Mapped[str] = mapped_column("email")
    age: Mapped[int] = mapped_column(default=44)
    tenant: Mapped[Tenant] = relationship()


class TenantFactory(factory.Factory):
    class Meta:
        model = Tenant

    name = factory.Sequence(lambda n: f"Tenant {n}")


class UserFactory(factory.Factory):
    class Meta:
        model = User

    address = factory.Sequence(lambda n: f"user{n}@example.com")
    tenant = factory.SubFactory(TenantFactory)


@dataclass
class Product:
    name: str
    price: Decimal


class ProductFactory(DataclassFactory[Product]):
    price = Decimal("5.00")


class Person(BaseModel):
    name: str


class PersonFactory(ModelFactory[Person]):
    pass


def test_factory_boy_with_sqlalchemy(one):
    user = one.make.using(UserFactory)(tenant__name="Umbrella")
    assert user.age == 44
    assert user.email.startswith("user")
    assert [row["name"] for row in one.rows("tenants")] == ["Umbrella"]
    assert one.rows("users")[0]["tenant_id"] == user.tenant_id
    assert len({each.tenant_id for each in one.make.using(UserFactory).batch(2)}) == 2


def test_polyfactory(one):
    product = one.make.using(ProductFactory)(name="Anvil")
    assert (product.name, product.price) == ("Anvil", Decimal("5.00"))
    assert one.make.using(PersonFactory)(name="Ada").name == "Ada"
    assert one.make.using(PersonFactory, table="auth_group")(name="staff").name == "staff"


def test_django(one):
    pytest.importorskip("django")
    from django.conf import settings

    if not settings.configured:
        settings.configure(INSTALLED_APPS=[], DATABASES={})
        import django

        django.setup()
    from django.db import models

    class Team(models.Model):
        name = models.TextField()

        class Meta:
            app_label = "crowd"
            db_table = "teams"

    class Player(models.Model):
        team = models.ForeignKey(Team, models.CASCADE)

        class Meta:
            app_label = "crowd"
            db_table = "players"

    class TeamFactory(factory.django.DjangoModelFactory):
        class Meta:
            model = Team

        name = "Reds"

    class PlayerFactory(factory.django.DjangoModelFactory):
        class Meta:
            model = Player

        team = factory.SubFactory(TeamFactory)

    player = one.make.using(PlayerFactory)()
    assert one.rows("teams")[0]["id"] == player.team_id
    assert one.rows("teams")[0]["name"] == "Reds"


def test_what_builds_nothing_is_no_factory(one):
    with pytest.raises(TypeError, match="has no build"):
        one.make.using(object())
