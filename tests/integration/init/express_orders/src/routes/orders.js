import { Router } from "express";
import { pool } from "../database.js";
import { customer } from "../sessions.js";

export const orders = Router();

orders.get("/products", async (req, res) => {
  const { rows } = await pool.query("SELECT id, name, stock FROM products ORDER BY id");
  res.json(rows);
});

orders.post("/orders", customer, async (req, res) => {
  const { product_id, quantity } = req.body ?? {};
  if (!Number.isInteger(product_id)) return res.status(400).json({ error: "product_id must be an integer" });
  if (!Number.isInteger(quantity)) return res.status(400).json({ error: "quantity must be an integer" });
  const found = await pool.query("SELECT stock FROM products WHERE id = $1", [product_id]);
  if (found.rows.length === 0) return res.status(404).json({ error: "no such product" });
  if (quantity < 1 || found.rows[0].stock < quantity) return res.status(409).json({ error: "too few are left" });
  await pool.query("UPDATE products SET stock = $1 WHERE id = $2", [found.rows[0].stock - quantity, product_id]);
  const { rows } = await pool.query(
    "INSERT INTO orders (customer_id, product_id, quantity) VALUES ($1, $2, $3) RETURNING id",
    [req.customer, product_id, quantity],
  );
  res.status(201).json({ id: rows[0].id });
});

orders.get("/orders", customer, async (req, res) => {
  const { rows } = await pool.query("SELECT * FROM orders WHERE customer_id = $1 ORDER BY id", [req.customer]);
  res.json(rows);
});
