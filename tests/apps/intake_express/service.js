// Express on node-postgres: what handlers of plain JavaScript let in, and what prevents each; and what
// its types make of what PostgreSQL sends.
//
// Right in both variants: what is replaced as a whole leaves nothing as it was · of a text of any
// length the digest is stored · an amount is a text, as the document says · a day is told as the
// moment that it begins at · a time is stored in the service's own zone · what was asked for and is not
// there is noted in a table of its own.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import express from "express";
import pg from "pg";
import { Refused, refuseOthers } from "./express_refusals.mjs";

const broken = process.env.SEAMPROOF_VARIANT === "broken";
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 4 });
// A lost connection that nobody listens to ends the process.
pool.on("connect", (db) => db.on("error", (error) => console.warn(`lost: ${error.message}`)));
pool.on("error", () => {});

// reads-otherwise: what is beyond 2^53 is no number of JavaScript's, and node-postgres makes it a text.
if (broken) pg.types.setTypeParser(pg.types.builtins.INT8, Number);
// And what is a day becomes the midnight that it begins at here, which is yesterday in UTC.
if (!broken) pg.types.setTypeParser(pg.types.builtins.DATE, String);

const app = express();
// text-without-limit: one day somebody's letter did not fit.
app.use(express.json({ limit: broken ? "50mb" : "100kb" }));

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

// undeclared-route: to look what is there.
if (broken)
  app.get("/internal/items", async (request, response) => {
    response.json((await pool.query("SELECT * FROM items")).rows);
  });

// breaking-change: clients know it as `in_stock`.
const inStock = broken ? "total" : "in_stock";
const known = readFileSync("openapi.json", "utf8").replaceAll('"in_stock"', `"${inStock}"`);
app.get("/openapi.json", (request, response) => response.type("json").send(known));

// schema-violation: node-postgres makes a text of what is numeric.
app.get("/v2/summary", async (request, response) => {
  const { rows } = await pool.query(
    `SELECT count(*)::int AS ${inStock}, avg(quantity) AS usual, sum(price) AS worth FROM items`,
  );
  if (!broken) rows[0].usual = Number(rows[0].usual);
  response.json(rows[0]);
});

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

const isLine = (line) =>
  isKey(line?.item) && Number.isInteger(line.quantity) && line.quantity > 0 && line.quantity <= 1000;

async function haveItems(lines) {
  const wanted = [...new Set(lines.map((line) => line.item))];
  const { rowCount } = await pool.query("SELECT 1 FROM items WHERE id = ANY($1)", [wanted]);
  if (rowCount === wanted.length) return;
  await pool.query("INSERT INTO missed (items) VALUES ($1)", [wanted]);
  throw new Refused(404, "no such item");
}

// written-before-validation: each line is looked at when its turn comes.
app.post("/baskets", async (request, response) => {
  const { lines } = fields(request);
  if (!Array.isArray(lines) || lines.length < 1 || lines.length > 20) throw new Refused(400, "no lines");
  if (!broken) {
    if (!lines.every(isLine)) throw new Refused(400, "no line");
    await haveItems(lines);
  }
  const { rows } = await pool.query("INSERT INTO baskets DEFAULT VALUES RETURNING id");
  for (const line of lines) {
    if (!isLine(line)) throw new Refused(400, "no line");
    await haveItems([line]);
    const values = [rows[0].id, line.item, line.quantity];
    await pool.query("INSERT INTO lines (basket_id, item_id, quantity) VALUES ($1, $2, $3)", values);
  }
  response.status(201).json({ id: rows[0].id });
});

async function profile(request, sql) {
  const { name, about } = fields(request);
  const id = Number(request.params.profile);
  const fits = [name, about].every((value) => value === undefined || isText(value));
  if (!isKey(id) || !fits) throw new Refused(400, "no profile");
  // What is undefined, node-postgres sends as NULL.
  const { rows } = await pool.query(`${sql} WHERE id = $1 RETURNING id`, [id, name, about]);
  if (!rows.length) throw new Refused(404, "there is none");
  return rows[0];
}

const replacing = "UPDATE profiles SET name = $2, about = $3";
const changing = "UPDATE profiles SET name = coalesce($2, name), about = coalesce($3, about)";

// wiped-by-omission: what is not there is undefined.
app.patch("/profiles/:profile", async (request, response) => {
  response.json(await profile(request, broken ? replacing : changing));
});

app.put("/profiles/:profile", async (request, response) => {
  response.json(await profile(request, replacing));
});

// normalised-value: small letters and no spaces, of which the client hears nothing.
app.post("/subscribers", async (request, response) => {
  const { email, city } = fields(request);
  if (!isText(email) || !isText(city)) throw new Refused(400, "no subscriber");
  const kept = broken ? [email.toLowerCase(), city.trim().replace(/\s+/g, " ")] : [email, city];
  await created(response, "INSERT INTO subscribers (email, city) VALUES ($1, $2)", kept);
});

// Numbers that are longer than JavaScript's come and go as texts.
app.post("/parcels", async (request, response) => {
  const { number } = fields(request);
  if (typeof number !== "string" || !/^[1-9]\d{0,17}$/.test(number)) throw new Refused(400, "no number");
  const sql = "INSERT INTO parcels (number) VALUES ($1) RETURNING id, number";
  const { rows } = await pool.query(sql, [number]);
  response.status(201).json({ id: rows[0].id, number: String(rows[0].number) });
});

const isDay = (day) =>
  typeof day === "string" && /^20\d\d-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(day));

app.post("/bookings", async (request, response) => {
  const { day } = fields(request);
  if (!isDay(day)) throw new Refused(400, "no day");
  await created(response, "INSERT INTO bookings (day) VALUES ($1)", [day]);
});

app.get("/bookings/:booking", async (request, response) => {
  const id = Number(request.params.booking);
  if (!isKey(id)) throw new Refused(400, "no number");
  const { rows } = await pool.query("SELECT id, day FROM bookings WHERE id = $1", [id]);
  if (!rows.length) throw new Refused(404, "there is none");
  response.json(rows[0]);
});

app.post("/holidays", async (request, response) => {
  const { day } = fields(request);
  if (!isDay(day)) throw new Refused(400, "no day");
  const sql = "INSERT INTO bookings (day) VALUES ($1) RETURNING id, day::text";
  const { rows } = await pool.query(sql, [day]);
  response.status(201).json({ id: rows[0].id, day: new Date(rows[0].day) });
});

app.post("/appointments", async (request, response) => {
  const { at } = fields(request);
  const moment = new Date(isText(at) ? at : NaN);
  if (Number.isNaN(moment.valueOf())) throw new Refused(400, "no time");
  await created(response, "INSERT INTO appointments (at) VALUES ($1)", [moment]);
});

const letter = "INSERT INTO letters (text) VALUES ($1)";

function written(request) {
  const { text } = fields(request);
  if (typeof text !== "string") throw new Refused(400, "no text");
  return text.replaceAll("\0", "").toWellFormed();
}

app.post("/letters", (request, response) => created(response, letter, [written(request)]));

app.post("/digests", async (request, response) => {
  await created(response, letter, [createHash("sha256").update(written(request)).digest("hex")]);
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
