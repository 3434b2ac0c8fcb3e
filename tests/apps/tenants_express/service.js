// Express on node-postgres: tokens that are decoded and not verified, and rows found by their ids.
//
// Right in both variants: an administrator reads the orders of the company · what is not one's own
// is not there · fields that are not named are ignored · a company's people see each other · what is
// announced is for all companies · the link of a mail is followed twice, and does one thing.

import { createHash, createHmac, randomBytes, scryptSync, timingSafeEqual } from "node:crypto";
import express from "express";
import pg from "pg";
import { Refused, refuseOthers } from "./express_refusals.mjs";

const broken = process.env.SEAMPROOF_VARIANT === "broken";
const secret = process.env.TOKEN_SECRET;
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 4 });
pool.on("connect", (db) => db.on("error", (error) => console.warn(`lost: ${error.message}`)));
pool.on("error", () => {});

const app = express();
app.use(express.json());

async function one(text, values) {
  const { rows } = await pool.query(text, values);
  if (rows.length === 0) throw new Refused(404, "there is no such thing");
  return rows[0];
}

const isKey = (value) => Number.isInteger(value) && value >= 1 && value < 2 ** 31;

function key(value) {
  if (!isKey(Number(value))) throw new Refused(400, "no number");
  return Number(value);
}

function text(request, name) {
  const value = request.body?.[name];
  if (typeof value !== "string" || value.includes("\0")) throw new Refused(400, `${name} is no text`);
  return value;
}

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const sign = (text) => createHmac("sha256", secret).update(text).digest("base64url");

// tampered-token and what follows from it: the broken twin looks at the claims alone.
function verify(token) {
  const [header, claims, signature] = token.split(".");
  let found;
  try {
    found = JSON.parse(Buffer.from(claims, "base64url"));
  } catch {
    throw new Refused(401, "that is no token");
  }
  if (typeof found !== "object" || found === null) throw new Refused(401, "that is no token");
  if (broken) return found;
  const right = Buffer.from(sign(`${header}.${claims}`));
  const shown = Buffer.from(signature ?? "");
  if (right.length !== shown.length || !timingSafeEqual(right, shown)) throw new Refused(401, "not ours");
  if (found.exp < Date.now() / 1000) throw new Refused(401, "expired");
  return found;
}

app.get("/health", async (request, response) => response.json(await one("SELECT 1 AS ok")));

app.post("/login", async (request, response) => {
  const email = text(request, "email");
  const password = text(request, "password");
  if (password !== `the password of ${email}`) throw new Refused(401, "wrong");
  const { id } = await one("SELECT id FROM users WHERE email = $1", [email]);
  const claims = { sub: id, exp: Math.floor(Date.now() / 1000) + 3600 };
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  response.json({ token: `${signed}.${sign(signed)}` });
});

function hashed(password) {
  const salt = randomBytes(16).toString("hex");
  return `${salt}:${scryptSync(password, salt, 32).toString("hex")}`;
}

// secret-passed-on: the newsletter is told all that was sent. password-stored: and so is the table.
app.post("/users", async (request, response) => {
  const told = { email: text(request, "email") };
  const password = text(request, "password");
  await fetch(`${process.env.NEWSLETTER_URL}/readers`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(broken ? { ...told, password } : told),
  });
  const added = `INSERT INTO users (company_id, email, password) VALUES (1, $1, $2)
    ON CONFLICT DO NOTHING RETURNING id`;
  response.status(201).json(await one(added, [told.email, broken ? password : hashed(password)]));
});

// token-used-twice: when it was used is noted, and not asked for.
const unused = broken ? "" : " AND used_at IS NULL";

app.post("/password/reset", async (request, response) => {
  const [token, password] = [text(request, "token"), text(request, "password")];
  const use = `UPDATE resets SET used_at = now() WHERE token = $1${unused} RETURNING user_id`;
  const { user_id } = await one(use, [token]);
  const changed = "UPDATE users SET password = $1 WHERE id = $2 RETURNING id";
  response.json(await one(changed, [hashed(password), user_id]));
});

app.post("/email/confirmation", async (request, response) => {
  const changed = `UPDATE users SET confirmed_at = coalesce(confirmed_at, now())
    WHERE confirmation = $1 RETURNING id`;
  response.json(await one(changed, [text(request, "token")]));
});

// token-stored: the fixed twin looks up the hash of what a device signs in with.
app.post("/devices", async (request, response) => {
  const user = await one("SELECT id FROM users WHERE email = $1", [text(request, "email")]);
  const token = randomBytes(24).toString("base64url");
  const stored = broken ? token : createHash("sha256").update(token).digest("hex");
  const added = "INSERT INTO devices (user_id, token, ends_in) VALUES ($1, $2, $3) RETURNING id";
  const { id } = await one(added, [user.id, stored, token.slice(-4)]);
  response.status(201).json({ id, token });
});

const shown = (request) => (request.get("authorization") ?? "").replace("Bearer ", "");

// malformed-credential: that one is shown is enough.
app.get("/notices", async (request, response) => {
  if (shown(request) === "") throw new Refused(401, "sign in first");
  if (!broken) verify(shown(request));
  response.json((await pool.query("SELECT id, body FROM notices")).rows);
});

// open-to-nobody: a route above what asks who it is.
if (broken) app.delete("/orders/:order", cancel);

app.use(async (request, response, next) => {
  const token = shown(request);
  if (token === "") throw new Refused(401, "sign in first");
  request.me = await one("SELECT * FROM users WHERE id = $1", [verify(token).sub]);
  next();
});

// One's own; an administrator's those of the company.
const own = `SELECT orders.* FROM orders JOIN users ON users.id = orders.user_id
  WHERE orders.id = $1 AND (users.id = $2 OR ($3 = 'admin' AND users.company_id = $4))`;

function order(id, me) {
  return one(own, [id, me.id, me.role, me.company_id]);
}

app.get("/me", (request, response) => response.json({ id: request.me.id }));

// protected-column: the body becomes the row.
app.patch("/me", async (request, response) => {
  const nickname = text(request, "nickname");
  const fields = broken ? request.body : { nickname };
  const known = Object.entries(fields).filter(([name]) => name in request.me);
  const assigned = known.map(([name], index) => `"${name}" = $${index + 2}`).join(", ");
  const values = [request.me.id, ...known.map(([, value]) => value)];
  response.json(await one(`UPDATE users SET ${assigned} WHERE id = $1 RETURNING id, nickname`, values));
});

app.get("/colleagues", async (request, response) => {
  const people = "SELECT id, email, nickname FROM users WHERE company_id = $1";
  response.json((await pool.query(people, [request.me.company_id])).rows);
});

// tenant-crossed: of whichever company.
app.get("/colleagues/:member", async (request, response) => {
  const { id, company_id, email, nickname } = await one("SELECT * FROM users WHERE id = $1", [
    key(request.params.member),
  ]);
  if (!broken && company_id !== request.me.company_id) throw new Refused(404, "there is no such thing");
  response.json({ id, email, nickname });
});

// role-bypassed: anybody of the company may.
app.delete("/colleagues/:member", async (request, response) => {
  if (!broken && request.me.role !== "admin") throw new Refused(403, "this is for administrators");
  const gone = "DELETE FROM users WHERE id = $1 AND company_id = $2 RETURNING id";
  response.json(await one(gone, [key(request.params.member), request.me.company_id]));
});

app.post("/orders", async (request, response) => {
  const address = text(request, "address");
  const added = "INSERT INTO orders (user_id, address) VALUES ($1, $2) RETURNING id";
  response.status(201).json(await one(added, [request.me.id, address]));
});

app.post("/orders/:order/items", async (request, response) => {
  const { id } = await order(key(request.params.order), request.me);
  const added = "INSERT INTO items (order_id, wish) VALUES ($1, $2) RETURNING id";
  response.status(201).json(await one(added, [id, text(request, "wish")]));
});

// foreign-parent: the order is one's own, and the item is taken by its id.
app.put("/orders/:order/items/:item", async (request, response) => {
  const { id } = await order(key(request.params.order), request.me);
  const values = [text(request, "wish"), key(request.params.item)];
  const changed = broken
    ? one("UPDATE items SET wish = $1 WHERE id = $2 RETURNING id", values)
    : one("UPDATE items SET wish = $1 WHERE id = $2 AND order_id = $3 RETURNING id", [...values, id]);
  response.json(await changed);
});

// foreign-object, by an id in the query.
app.get("/receipts", async (request, response) => {
  const id = key(request.query.order);
  response.json(await (broken ? one("SELECT * FROM orders WHERE id = $1", [id]) : order(id, request.me)));
});

app.get("/orders/:order", async (request, response) => {
  response.json(await order(key(request.params.order), request.me));
});

async function cancel(request, response) {
  const id = key(request.params.order);
  if (!broken) await order(id, request.me);
  response.json(await one("DELETE FROM orders WHERE id = $1 RETURNING id", [id]));
}

if (!broken) app.delete("/orders/:order", cancel);

function administrators(request, response, next) {
  if (request.me.role !== "admin") throw new Refused(403, "this is for administrators");
  next();
}

// access-widened: one handler of the list was lost.
app.put("/plan", ...(broken ? [] : [administrators]), async (request, response) => {
  const changed = "UPDATE companies SET plan = $1 WHERE id = $2 RETURNING id, plan";
  response.json(await one(changed, [text(request, "plan"), request.me.company_id]));
});

app.get("/announcements", async (request, response) => {
  response.json((await pool.query("SELECT id, body, pinned FROM announcements LIMIT 50")).rows);
});

// unlike-its-family: a route above what lets in nobody but administrators.
if (broken) app.post("/announcements/:announcement/pin", pin);
app.use("/announcements", administrators);
if (!broken) app.post("/announcements/:announcement/pin", pin);

async function pin(request, response) {
  const pinned = "UPDATE announcements SET pinned = true WHERE id = $1 RETURNING id";
  response.json(await one(pinned, [key(request.params.announcement)]));
}

app.post("/announcements", async (request, response) => {
  const added = "INSERT INTO announcements (body) VALUES ($1) RETURNING id";
  response.status(201).json(await one(added, [text(request, "body")]));
});

app.put("/announcements/:announcement", async (request, response) => {
  const values = [text(request, "body"), key(request.params.announcement)];
  response.json(await one("UPDATE announcements SET body = $1 WHERE id = $2 RETURNING id", values));
});

app.delete("/announcements/:announcement", async (request, response) => {
  const gone = "DELETE FROM announcements WHERE id = $1 RETURNING id";
  response.json(await one(gone, [key(request.params.announcement)]));
});

refuseOthers(app);

app.use((error, request, response, next) => {
  response.status(error.status ?? 500).json({ error: error.status ? error.message : "sorry" });
});

app.listen(Number(process.argv[2]), "127.0.0.1");
