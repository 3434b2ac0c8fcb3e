"""Tests of the bundled service as its authors would write them: what works, and no more. They know
of no defect; copied beside its configuration and amplified, they show them all.
"""

import pytest

ADDRESS = "1 Main St"
CARD = {"card": "4242424242424242"}


@pytest.fixture
def alice(api):
    return api.as_("alice")


@pytest.fixture
def bob(api):
    return api.as_("bob")


@pytest.fixture
def order(alice):
    items = [{"product": 1, "quantity": 2}, {"product": 2, "quantity": 10}]
    return alice.post("/orders", json={"items": items, "address": ADDRESS}).expect(201)


@pytest.fixture
def paid(alice, order):
    alice.post(f"/orders/{order['id']}/payment", json=CARD).expect(201)
    return order


# Orders


def test_order(alice, db):
    items = [{"product": 1, "quantity": 2}, {"product": 2, "quantity": 10}]
    placed = alice.post("/orders", json={"items": items, "address": ADDRESS}).expect(201)
    assert placed["status"] == "open"
    assert db.value("SELECT stock FROM products WHERE id = 1") == 38


def test_order_with_a_key(alice, db):
    body = {"items": [{"product": 3, "quantity": 1}], "address": ADDRESS}
    alice.post("/orders", json=body, headers={"Idempotency-Key": "a-key"}).expect(201)
    assert db.count("idempotency_keys") == 1


def test_order_most_of_what_there_is(alice, db):
    body = {"items": [{"product": 1, "quantity": 30}], "address": ADDRESS}
    alice.post("/orders", json=body).expect(201)
    assert db.value("SELECT stock FROM products WHERE id = 1") == 10


def test_cancel(alice, order):
    alice.post(f"/orders/{order['id']}/cancel").expect(200)


def test_readdress(alice, order):
    alice.put(f"/orders/{order['id']}/address", json={"address": "2 Side St"}).expect(200)


def test_use_a_coupon(alice, order, db):
    alice.post(f"/orders/{order['id']}/coupon", json={"code": "ACME10"}).expect(200)
    assert db.value("SELECT used FROM coupons WHERE code = 'ACME10'") == 1


def test_read_an_order(alice, order):
    assert alice.act.get(f"/orders/{order['id']}").expect(200)["address"] == ADDRESS


def test_list_orders(alice, order):
    assert len(alice.act.get("/orders").expect(200).json) == 1


# Money


def test_pay(alice, order, stubs):
    alice.post(f"/orders/{order['id']}/payment", json=CARD).expect(201)
    assert stubs.payments.calls("POST /charges").once


def test_refund(alice, paid, db):
    alice.post(f"/orders/{paid['id']}/refund").expect(201)
    assert db.value("SELECT status FROM orders WHERE id = %s", paid["id"]) == "refunded"


def test_bill(alice, order):
    alice.post(f"/orders/{order['id']}/invoice").expect(201)


def test_read_a_bill(alice, order, make):
    bill = make.invoice(order_id=order["id"])
    alice.act.get(f"/invoices/{bill.id}").expect(200)


def test_transfer(alice, db):
    alice.post("/transfers", json={"receiver": "bob", "amount": "25.50"}).expect(201)
    assert db.count("transfers") == 1


# Catalogue and warehouse


def test_list_products(alice):
    assert len(alice.get("/products").expect(200).json) == 3


def test_add_a_product(bob):
    bob.post("/products", json={"name": "spring", "price": "3.75", "stock": 20}).expect(201)


def test_replace_a_product(bob):
    bob.put("/products/2", json={"name": "strong rope", "price": "8.10", "stock": 400}).expect(200)


def test_review(alice):
    alice.post("/products/1/reviews", json={"stars": 4, "text": "heavy"}).expect(201)


def test_deliver(bob, db):
    bob.post("/products/1/deliveries", json={"quantity": 12, "note": "pallet 7"}).expect(201)
    assert db.count("stock_movements") == 1


def test_reserve(alice):
    alice.post("/reservations", json={"product": 3, "quantity": 2}).expect(201)


def test_release(alice):
    kept = alice.post("/reservations", json={"product": 3, "quantity": 2}).expect(201)
    alice.delete(f"/reservations/{kept['id']}").expect(204)


def test_offer_a_coupon(bob):
    bob.post("/coupons", json={"code": "SPRING20", "percent": 20, "quota": 5}).expect(201)


# The cart


def test_put_in_the_cart(alice):
    alice.put("/cart/items/3", json={"quantity": 4}).expect(200)


def test_take_out_of_the_cart(alice):
    alice.put("/cart/items/3", json={"quantity": 4}).expect(200)
    alice.delete("/cart/items/3").expect(204)


def test_check_out(alice):
    alice.put("/cart/items/3", json={"quantity": 4}).expect(200)
    alice.post("/cart/checkout", json={"address": ADDRESS}).expect(201)


# People


def test_read_oneself(alice):
    assert alice.get("/me").expect(200)["username"] == "alice"


def test_be_called_otherwise(alice):
    assert alice.patch("/me", json={"display_name": "Alice A."}).expect(200)["role"] == "member"


def test_list_people(bob):
    assert len(bob.get("/users").expect(200).json) == 3


def test_give_a_role(bob):
    assert bob.put("/users/3/role", json={"role": "admin"}).expect(200)["role"] == "admin"


def test_add_a_webhook(bob):
    bob.post("/webhooks", json={"url": "https://hooks.example.com/acme"}).expect((201, 400, 422))


def test_read_the_sales(bob, order):
    assert bob.act.get("/reports/sales").expect(200)["orders"] == 1
