// Express on node-postgres: what handlers of plain JavaScript let in, and what prevents each.

import express from "express";
import pg from "pg";
import { Refused, refuseOthers } from "./express_refusals.mjs";

const broken = process.env.SEAMPROOF_VARIANT === "broken";
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 4 });
// A lost connection that nobody listens to ends the process.
pool.on("connect", (db) => db.on("error", (error) => console.warn(`lost: ${error.message}`)));
pool.on("error", () => {});

const app = express();
app.use(express.json());

const isText = (value) =>
  typeof value === "string" && value !== "" && value.length <= 200 && !value.includes("\0");
const isKey = (value) => Number.isInteger(value) && value >= 1 && value < 2 ** 31;

function fields(request) {
  if (typeof request.body !== "object" || request.body === null || Array.isArray(request.body))
    throw new Refused(400, "no object");
  return request.body;
}

async function created(response, sql, values) {
  const { rows } = await pool.query(`${sql} RETURNING id`, values);
  response.status(201).json({ id: rows[0].id });
}

app.get("/health", async (request, response) => {
  await pool.query("SELECT 1");
  response.json({});
});

// accepted-invalid: only the type of the quantity is looked at.
app.post("/items", async (request, response) => {
  const { name, quantity } = fields(request);
  const least = broken ? -1000 : 1;
  if (!isText(name) || !Number.isInteger(quantity) || quantity < least || quantity > 1000)
    throw new Refused(400, "no item");
  const sql = "INSERT INTO items (name, quantity) VALUES ($1, $2)";
  if (!broken) return created(response, sql, [name, quantity]);
  // undeclared-status: 200 where the document has 201.
  const { rows } = await pool.query(`${sql} RETURNING id`, [name, quantity]);
  response.json({ id: rows[0].id });
});

async function list(request, response) {
  const { rows } = await pool.query("SELECT id, name FROM items ORDER BY id");
  response.json(rows);
}

app.get("/v2/items", list);
// old-version: nobody took it away.
if (broken) app.get("/v1/items", list);

// missing-header, and undeclared-media-type: JSON that is sent as a text. A note may be null.
app.get("/v2/items/:item", async (request, response) => {
  const item = Number(request.params.item);
  if (!isKey(item)) throw new Refused(400, "no number");
  const { rows } = await pool.query("SELECT id, note FROM items WHERE id = $1", [item]);
  if (!rows.length) throw new Refused(404, "there is none");
  if (!broken) return response.set("ETag", '"1"').json(rows[0]);
  response.removeHeader("ETag");
  app.disable("etag");
  response.type("text/plain").send(JSON.stringify(rows[0]));
});

// altered-value: JavaScript's numbers end at 2^53.
app.post("/devices", async (request, response) => {
  const { serial } = fields(request);
  const fits = broken ? Number.isInteger(serial) && serial < 2 ** 63 : Number.isSafeInteger(serial);
  // uneven-errors: a page where all others are JSON.
  if (broken && (!fits || serial < 0)) return response.status(422).send("<p>no serial</p>");
  if (!fits || serial < 0) throw new Refused(422, "no serial");
  await created(response, "INSERT INTO devices (serial) VALUES ($1)", [BigInt(serial)]);
});

// ended-by-input: an error in what nobody waits for ends the process.
app.post("/alerts", async (request, response) => {
  const { text } = fields(request);
  if (!broken && !isText(text)) throw new Refused(400, "no text");
  if (broken) setTimeout(() => text.trim(), 0);
  const kept = isText(text) ? text : "none";
  await new Promise((resolve) => setTimeout(resolve, broken ? 5 : 0));
  await created(response, "INSERT INTO alerts (text) VALUES ($1)", [kept]);
});

// unhandled-input: a foreign key that nobody looks up. misrouted: `use` is for any method, and for
// all paths below. undeclared-refusal: 422 where the document has 400 and 404.
app[broken ? "use" : "post"]("/orders", async (request, response) => {
  const { item } = fields(request);
  if (!isKey(item)) throw new Refused(broken ? 422 : 400, "no item");
  try {
    await created(response, "INSERT INTO orders (item_id) VALUES ($1)", [item]);
  } catch (error) {
    throw error.code === "23503" && !broken ? new Refused(404, "no such item") : error;
  }
});

// open-internals.
if (broken) app.get("/metrics", (request, response) => response.json(process.memoryUsage()));

refuseOthers(app);
app.use((error, request, response, next) => {
  const status = error.status ?? 500;
  response.status(status).json({ error: status < 500 ? error.message : "failed" });
});

const server = app.listen(Number(process.argv[2]), "127.0.0.1");
process.on("SIGTERM", () => server.close(() => process.exit()));
