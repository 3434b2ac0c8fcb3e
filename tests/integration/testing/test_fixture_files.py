"""Rows from files. A file that no longer fits the database is told with its line and column."""

from __future__ import annotations

import json

import pytest

from seamproof.testing.factories.files import StaleFixture


@pytest.fixture
def written(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


YAML = """\
# Orders before those whom they belong to, whom they call by a label.
orders:
  first: { user: alice, total: 10.5, zip: "10115" }
  second: { user: bob, total: 7, zip: "10117" }
users:
  alice: &member { email: a@example.com, role: member, tenant: acme }
  bob: { <<: *member, email: b@example.com }
tenants:
  acme: { name: Acme }
"""


def test_yaml_with_labels(one, written):
    rows = one.make.load(written("shop.yaml", YAML))
    assert rows["users"]["alice"].email == "a@example.com"
    assert rows.orders["second"].user_id == rows.users["bob"].id
    assert [row["total"] for row in one.rows("orders")] == [10.5, 7]
    assert len(one.rows("tenants")) == 1
    # What is made later belongs to what was loaded.
    assert one.make.order().user_id == rows.users["alice"].id


def test_json_csv_and_sql(one, written):
    users = json.dumps({"tenants": [{"id": 70, "name": "Acme \U0001f600/"}]}, indent=2)
    csv = 'sku,name,price,stock,tenant_id\n"A,1",Anvil,49.90,,70\nB-2,"Big ""rope""",7.25,500,70\n'
    rows = one.make.load(
        written("tenants.json", users.replace("/", "\\/")),
        written("products.csv", csv),
        written("more.sql", "INSERT INTO people (name) VALUES ('Zoe');\nSELECT 1;"),
    )
    assert rows.tenants[0].name == "Acme \U0001f600/"
    assert [(each.sku, str(each.price)) for each in rows.products] == [
        ("A,1", "49.90"),
        ("B-2", "7.25"),
    ]
    assert rows.products[1].stock == 500
    assert one.rows("people")[0]["name"] == "Zoe"
    # A key that was given by hand is not given again.
    assert one.make.tenant().id == 71


def test_what_django_dumps(one, written):
    dumped = [{"model": "auth.group", "pk": 3, "fields": {"name": "staff"}}]
    rows = one.make.load(written("groups.json", json.dumps(dumped)))
    assert (rows.auth_group[0].id, rows.auth_group[0].name) == (3, "staff")


STALE = {
    "gone.yaml": (
        "users:\n  - email: a@example.com\n    nick: al\nordrs:\n  - total: 1\n",
        [
            "gone.yaml:3:5: users has no column 'nick'",
            "gone.yaml:4:1: there is no table for 'ordrs'; did you mean orders?",
        ],
    ),
    "gone.json": (
        '{\n  "products": [\n    {"name": "x",\n     "colour": "red"}\n  ]\n}',
        ["gone.json:4:6: products has no column 'colour'"],
    ),
    "products.csv": (
        'sku,"the name",price\nA,x,1\nB,y,2\n',
        ["products.csv:1:5: products has no column 'the name'"],
    ),
    "people.sql": (
        "INSERT INTO people (name)\nVALUES ('a');\nINSERT INTO people (nme) VALUES ('b');",
        ['people.sql:3:21: column "nme" of relation "people" does not exist'],
    ),
    "value.yaml": (
        "products:\n  - name: x\n    price: cheap\n",
        ["value.yaml:3:12: a row of products is refused", "give what fits: price"],
    ),
    "long.json": (
        '{"users": [{"email": "a@example.com", "nickname": "much too long"}]}',
        ["long.json:1:51: a row of users is refused"],
    ),
    "choice.yaml": (
        "users:\n  - { role: member }\n  - { role: owner }\n",
        ["choice.yaml:3:13: a row of users is refused by users_role_check"],
    ),
    "mood.yaml": ("users:\n  - mood: glad\n", ["mood.yaml:2:11: a row of users is refused"]),
    "orders.csv": ("user_id,total\n77,5\n", ["orders.csv:2:1: a row of orders is refused by"]),
    "broken.json": ('{"users": [}', ["broken.json:1:12: Expecting value"]),
    "broken.yaml": ("users: [", ["broken.yaml:1:9: "]),
    "shape.yaml": ("users: 5\n", ["shape.yaml:1:8: rows are a list"]),
}


@pytest.mark.parametrize("name", STALE)
def test_a_stale_file_is_told_with_its_place(one, written, name):
    text, lines = STALE[name]
    with pytest.raises(StaleFixture) as stale:
        one.make.load(written(name, text))
    for line in lines:
        assert line in str(stale.value)
    for table in ("users", "products", "orders", "people"):
        assert not one.rows(table)
