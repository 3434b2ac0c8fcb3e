"""The bundled service in other versions: a path and a field with other names, another status."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from seamproof import demo

SCENARIOS = """\
# Written by hand: none of this may get lost.
scenarios:
  - name: place an order
    act:
      operation: POST /orders
      as: alice   # a member
      json: { items: [{ product: 1, quantity: 2 }, { product: 2, quantity: 10 }], address: Here }
      expect: [201]

  - name: POST /orders/{order}/cancel
    arrange: &an_order
      - operation: POST /orders
        as: alice
        json: { items: [{ product: 1, quantity: 2 }], address: 1 Main St }
        extract: { order: $.id }   # the new order
    act:
      operation: POST /orders/{order}/cancel
      as: alice

  - name: read an order
    arrange: *an_order
    act:
      operation: GET /orders/{order}
      as: alice

  - name: order more than there is
    act:
      operation: POST /orders
      as: alice
      json: { items: [{ product: 1, quantity: 900 }], address: 1 Main St }
      expect: [409]
"""


def make(root: Path) -> Path:
    """A project with the service as it is. Returns its configuration."""
    source = demo.CONFIGURATION.parent
    for name in ("migrations", "alembic.ini", "seamproof.toml", "seed.py"):
        copy = shutil.copytree if (source / name).is_dir() else shutil.copyfile
        copy(source / name, root / name)
    shutil.copytree(source / "service", root / "bazaar", ignore=shutil.ignore_patterns("__py*"))
    for path in (root / "bazaar").rglob("*.py"):
        change(path, ("seamproof.demo.service", "bazaar"))
    configuration = root / "seamproof.toml"
    change(
        configuration,
        ("seamproof.demo.service.app", "bazaar.app"),
        ("scenarios/orders.yaml", "scenarios/*.yaml"),
    )
    (root / "scenarios").mkdir()
    (root / "scenarios" / "orders.yaml").write_text(SCENARIOS)
    return configuration


def rename(root: Path) -> None:
    """`/orders` is `/purchases`, and a line's `quantity` is its `amount`."""
    for path in (root / "bazaar" / "broken").glob("*.py"):
        change(path, ('"/orders', '"/purchases'))
    change(
        root / "bazaar/broken/orders.py",
        ("item.product, item.quantity", "item.product, item.amount"),
    )
    schemas = root / "bazaar" / "schemas.py"
    change(
        schemas, ("    product: Identifier\n    quantity:", "    product: Identifier\n    amount:")
    )


def answer_200(root: Path) -> None:
    """An order that is placed is answered with 200, where it was 201."""
    change(root / "bazaar/broken/orders.py", ('("/orders", status_code=201)', '("/orders")'))


def change(path: Path, *pairs: tuple[str, str]) -> None:
    """Replace texts in a file."""
    text = path.read_text()
    for old, new in pairs:
        text = re.sub(re.escape(old), lambda _, new=new: new, text)  # type: ignore[misc]
    path.write_text(text)
