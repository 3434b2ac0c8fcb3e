"""Two tenants, their people and products: `python -m seamproof.demo.seed`."""

from decimal import Decimal

from sqlalchemy.orm import Session

from seamproof.demo.service.database import engine
from seamproof.demo.service.models import Coupon, Product, Tenant, User
from seamproof.demo.service.security import hash_password

_PEOPLE = {
    "Acme": (("alice", "member"), ("bob", "admin"), ("dora", "member")),
    "Globex": (("carol", "member"), ("gustav", "admin")),
}
_PRODUCTS = {
    "Acme": (("anvil", "49.90", 40), ("rope", "7.25", 500), ("magnet", "19.99", 100)),
    "Globex": (("drill", "129.00", 15),),
}


def seed(session: Session) -> None:
    """Add everything. Passwords are `NAME-secret`."""
    for name, people in _PEOPLE.items():
        tenant = Tenant(name=name)
        session.add(tenant)
        session.flush()
        for username, role in people:
            person = User(
                tenant_id=tenant.id,
                username=username,
                password_hash=hash_password(f"{username}-secret"),
                display_name=username.title(),
                role=role,
                balance=Decimal(1000),
            )
            session.add(person)
            session.flush()
        for product, price, stock in _PRODUCTS[name]:
            session.add(
                Product(tenant_id=tenant.id, name=product, price=Decimal(price), stock=stock)
            )
            session.flush()
        session.add(Coupon(code=f"{name.upper()}10", tenant_id=tenant.id, percent=10, quota=1))


def main() -> None:
    """Seed the database that the environment names."""
    with Session(engine) as session, session.begin():
        seed(session)


if __name__ == "__main__":
    main()
