import express from "express";
import { pool } from "./database.js";
import { accounts } from "./routes/accounts.js";
import { orders } from "./routes/orders.js";

const app = express();
app.use(express.json());

app.get("/healthz", async (req, res) => {
  await pool.query("SELECT 1");
  res.json({ ok: true });
});
app.use("/api/accounts", accounts);
app.use("/api", orders);

app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1");
