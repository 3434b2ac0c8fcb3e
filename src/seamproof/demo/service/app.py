"""Puts the shop together: `uvicorn seamproof.demo.service.app:app`."""

from fastapi import FastAPI

from seamproof.demo.service.audit import Audit
from seamproof.demo.service.common import accounts, refusals, reservations
from seamproof.demo.service.variant import use_case

_USE_CASES = (
    "orders",
    "coupons",
    "payments",
    "invoices",
    "transfers",
    "cart",
    "catalogue",
    "reviews",
    "warehouse",
    "users",
    "webhooks",
    "reports",
)

app = FastAPI(title="Shop", version="1.0", responses={"4XX": {"description": "Refused."}})
app.add_middleware(Audit)
app.include_router(accounts.router)
app.include_router(reservations.router)
for _name in _USE_CASES:
    app.include_router(use_case(_name).router)
refusals.register(app)
use_case("errors").register(app)
