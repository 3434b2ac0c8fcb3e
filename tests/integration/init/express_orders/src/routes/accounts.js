import { Router } from "express";
import { pool } from "../database.js";
import { hashed, sign } from "../sessions.js";

export const accounts = Router();

accounts.post("/signup", async (req, res) => {
  const { username, password } = req.body ?? {};
  if (!username || !password) return res.status(400).json({ error: "username and password are required" });
  try {
    const { rows } = await pool.query(
      "INSERT INTO customers (username, password) VALUES ($1, $2) RETURNING id",
      [username, hashed(password)],
    );
    res.status(201).json({ id: rows[0].id });
  } catch (error) {
    if (error.code !== "23505") throw error;
    res.status(409).json({ error: "this name is taken" });
  }
});

accounts.post("/login", async (req, res) => {
  const { username, password } = req.body ?? {};
  const { rows } = await pool.query("SELECT id FROM customers WHERE username = $1 AND password = $2", [
    username,
    hashed(String(password)),
  ]);
  if (rows.length === 0) return res.status(401).json({ error: "wrong name or password" });
  res.json({ token: sign(rows[0].id) });
});
