// Express on node-postgres: who is let in by a token that Node's own crypto verifies (`tokens.js`),
// and by a session that is kept in a table as express-session's stores keep it.
//
// Right in both variants: a greeting is for everybody, whatever token they show; a token may be for
// several services; it is verified once, and known again by the whole of it; a session that is used
// lasts longer.

import { randomBytes } from "node:crypto";
import express from "express";
import pg from "pg";
import { Refused, refuseOthers } from "./express_refusals.mjs";
import { person, personByClaims, personByToken, personsToken, worker, workersToken } from "./tokens.js";

const broken = process.env.SEAMPROOF_VARIANT === "broken";
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 4 });
pool.on("connect", (db) => db.on("error", (error) => console.warn(`lost: ${error.message}`)));
pool.on("error", () => {});

const app = express();
app.use(express.json());

async function sql(text, values) {
  return (await pool.query(text, values)).rows;
}

async function one(text, values) {
  const [found] = await sql(text, values);
  if (found === undefined) throw new Refused(404, "there is no such thing");
  return found;
}

function name(request) {
  const value = request.body?.name;
  if (typeof value !== "string" || !/^[a-z]{1,40}$/.test(value)) throw new Refused(400, "no name");
  return value;
}

function shown(request) {
  const [scheme, token] = (request.get("authorization") ?? "").split(" ");
  if (scheme !== "Bearer" || !token) throw new Refused(401, "sign in first");
  return token;
}

app.get("/health", async (request, response) => response.json(await one("SELECT 1 AS ok")));

// A name is enough to sign in: what is looked at here is what comes of the token.

app.post("/login", async (request, response) => {
  const { id } = await one("SELECT id FROM users WHERE name = $1", [name(request)]);
  response.json({ token: personsToken(id) });
});

app.post("/workers/login", async (request, response) => {
  const { id } = await one("SELECT id FROM workers WHERE name = $1", [name(request)]);
  response.json({ token: workersToken(id) });
});

app.get("/greeting", async (request, response) => {
  const { n } = await one("SELECT count(*)::int AS n FROM users");
  response.json({ users: n, signed_in: request.get("authorization") !== undefined });
});

app.get("/me", async (request, response) => {
  const { sub } = person(shown(request));
  response.json(await one("SELECT id, name FROM users WHERE id = $1", [sub]));
});

app.get("/letters", async (request, response) => {
  const { sub } = personByClaims(shown(request));
  response.json(await sql("SELECT id, body FROM letters WHERE user_id = $1 LIMIT 50", [sub]));
});

app.get("/parcels", async (request, response) => {
  const { sub } = personByToken(shown(request));
  response.json(await sql("SELECT id, weight FROM parcels WHERE user_id = $1 LIMIT 50", [sub]));
});

app.get("/jobs", async (request, response) => {
  const { sub } = worker(shown(request));
  response.json(await sql("SELECT id, task FROM jobs WHERE worker_id = $1 LIMIT 50", [sub]));
});

const cookie = { httpOnly: true, sameSite: "lax", path: "/desk" };

app.post("/desk/login", async (request, response) => {
  const { id } = await one("SELECT id FROM users WHERE name = $1 AND at_desk", [name(request)]);
  const sid = randomBytes(24).toString("hex");
  const kept = "INSERT INTO session (sid, sess, expire) VALUES ($1, $2, now() + interval '1 day')";
  await sql(kept, [sid, { user: id }]);
  response.cookie("sid", sid, cookie).json({ id });
});

// expired-session: the row says when it ends, and is looked up by its key alone.
const session = "SELECT sess FROM session WHERE sid = $1" + (broken ? "" : " AND expire > now()");

app.use("/desk", async (request, response, next) => {
  const [, sid] = /(?:^|; )sid=(\w+)/.exec(request.get("cookie") ?? "") ?? [];
  const [found] = sid === undefined ? [] : await sql(session, [sid]);
  if (found === undefined) throw new Refused(401, "sign in first");
  await sql("UPDATE session SET expire = now() + interval '1 day' WHERE sid = $1", [sid]);
  Object.assign(request, { sid, user: found.sess.user });
  next();
});

app.get("/desk/tickets", async (request, response) => {
  response.json(await sql("SELECT id, subject FROM tickets WHERE user_id = $1", [request.user]));
});

// ended-session: the browser is told to forget it, and the row stays.
app.post("/desk/logout", async (request, response) => {
  if (!broken) await sql("DELETE FROM session WHERE sid = $1", [request.sid]);
  response.clearCookie("sid", cookie).sendStatus(204);
});

refuseOthers(app);

app.use((error, request, response, next) => {
  response.status(error.status ?? 500).json({ error: error.status ? error.message : "sorry" });
});

app.listen(Number(process.argv[2]), "127.0.0.1");
