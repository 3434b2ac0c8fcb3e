// Express on node-postgres: statements of template literals, whole rows as answers, stacks as errors.
//
// Right in both variants: a name that is quoted as one · comments of sqlcommenter · one's own e-mail
// and key · errors that say why in words.

import express from "express";
import pg from "pg";
import { Refused, refuseOthers } from "./express_refusals.mjs";

const broken = process.env.SEAMPROOF_VARIANT === "broken";
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 4 });
pool.on("connect", (db) => db.on("error", (error) => console.warn(`lost: ${error.message}`)));
pool.on("error", () => {});
const tokens = { "alice-token": "alice", "bob-token": "bob" };

const app = express();
app.use(express.json());

function text(fields, name, otherwise) {
  const value = fields?.[name] ?? otherwise;
  if (typeof value !== "string" || value.includes("\0")) throw new Refused(422, `${name} is no text`);
  return value;
}

function key(value) {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number >= 2 ** 31) throw new Refused(422, "no key");
  return number;
}

async function sql(text, values) {
  return (await pool.query(text, values)).rows;
}

app.get("/health", async (request, response) => {
  await sql("SELECT 1");
  response.json({});
});

app.use((request, response, next) => {
  request.me = tokens[(request.get("authorization") ?? "").replace("Bearer ", "")];
  if (request.me === undefined) throw new Refused(401, "sign in first");
  next();
});

// sql-injection, statements-per-row, list-without-limit
app.get("/articles", async (request, response) => {
  const q = text(request.query, "q", "");
  const sort = text(request.query, "sort", "title");
  if (broken) {
    const found = await sql(
      `SELECT id, title FROM articles WHERE title LIKE '%${q}%' ORDER BY ${sort}`,
    );
    for (const each of found) {
      each.remarks = await sql("SELECT text FROM remarks WHERE article_id = $1", [each.id]);
    }
    return response.json(found);
  }
  if (!["title", "id"].includes(sort)) throw new Refused(422, "sort by title or by id");
  const comment = `/*route='%2Farticles',url='${encodeURIComponent(request.url)}'*/`;
  const found = await sql(
    `SELECT id, title FROM articles WHERE position($1 in title) > 0
     ORDER BY ${sort} LIMIT 200 ${comment}`,
    [q],
  );
  const remarks = await sql("SELECT article_id, text FROM remarks WHERE article_id = ANY($1)", [
    found.map((each) => each.id),
  ]);
  for (const each of found) each.remarks = remarks.filter((one) => one.article_id === each.id);
  response.json(found);
});

// like-wildcards
app.get("/titles", async (request, response) => {
  const q = text(request.query, "q", "");
  const literal = broken ? q : q.replace(/[\\%_]/g, "\\$&");
  const statement = "SELECT title FROM articles WHERE title LIKE $1 ORDER BY id LIMIT 50";
  response.json(await sql(statement, [`%${literal}%`]));
});

// page-size-without-limit
app.get("/remarks", async (request, response) => {
  const asked = Number(request.query.per_page ?? 20);
  if (!Number.isInteger(asked) || asked < 0) throw new Refused(422, "per_page is a number");
  const size = broken ? asked : Math.min(asked, 100);
  response.json(await sql("SELECT id, text FROM remarks ORDER BY id LIMIT $1", [size]));
});

// sql-injection by the name of a field
app.patch("/articles/:article", async (request, response) => {
  const fields = Object.keys(request.body ?? {});
  for (const each of fields) text(request.body, each);
  if (fields.length === 0) throw new Refused(422, "nothing to change");
  if (!broken && fields.some((each) => each !== "title")) throw new Refused(422, "only a title");
  const assigned = fields.map((each, place) => `${each} = $${place + 2}`).join(", ");
  const changed = await sql(
    `UPDATE articles SET ${assigned} WHERE id = $1 RETURNING id, title`,
    [key(request.params.article), ...Object.values(request.body)],
  );
  if (changed.length === 0) throw new Refused(404, "there is no such article");
  response.json(changed[0]);
});

app.post("/tags", async (request, response) => {
  const made = await sql("INSERT INTO tags (name) VALUES ($1) RETURNING id", [text(request.body, "name")]);
  response.status(201).json(made[0]);
});

// reads-per-item: each article is looked up by itself. To insert a row for each is what it is for.
app.post("/baskets", async (request, response) => {
  const lines = request.body?.lines;
  if (!Array.isArray(lines) || !lines.length || lines.length > 200) throw new Refused(422, "no basket");
  const wanted = lines.map((line) => [key(line?.article), key(line?.amount)]);
  const keys = wanted.map(([article]) => article);
  const known = new Set();
  if (broken) {
    for (const each of keys) {
      for (const { id } of await sql("SELECT id FROM articles WHERE id = $1", [each])) known.add(id);
    }
  } else {
    for (const { id } of await sql("SELECT id FROM articles WHERE id = ANY($1)", [keys])) known.add(id);
  }
  if (!keys.every((each) => known.has(each))) throw new Refused(422, "there is no such article");
  for (const line of wanted) {
    await sql("INSERT INTO basket_lines (article_id, amount) VALUES ($1, $2)", line);
  }
  response.status(201).json({ lines: wanted.length });
});

// stored-sql-injection
app.get("/tags", async (request, response) => {
  const counted = [];
  for (const { name } of await sql("SELECT name FROM tags ORDER BY id LIMIT 50")) {
    const count = "SELECT count(*)::int AS used FROM articles WHERE";
    counted.push(
      ...(broken
        ? await sql(`${count} '${name}' = ANY(labels)`)
        : await sql(`${count} $1 = ANY(labels)`, [name])),
    );
  }
  response.json(counted);
});

// answer-sql-injection
app.post("/places", async (request, response) => {
  const near = encodeURIComponent(text(request.body, "near"));
  const answer = await fetch(`${process.env.GEO_URL}/locate?near=${near}`);
  const said = await answer.json();
  if (said.state !== "ok") throw new Refused(502, "nobody knows");
  const made = broken
    ? await sql(`INSERT INTO places (city) VALUES ('${said.city}') RETURNING id`)
    : await sql("INSERT INTO places (city) VALUES ($1) RETURNING id", [said.city]);
  response.status(201).json(made[0]);
});

// secret-in-answer, data-of-others; client-names-column: it is quoted, and one of no list
app.get("/members", async (request, response) => {
  const wanted = text(request.query, "sort", "name");
  if (!broken && !["id", "name"].includes(wanted)) throw new Refused(422, "not sorted by that");
  const sort = pg.escapeIdentifier(wanted);
  const found = await sql(`SELECT * FROM members ORDER BY ${sort} LIMIT 50`).catch((error) => {
    throw error.code === "42703" ? new Refused(422, "there is nothing of that name") : error;
  });
  response.json(broken ? found : found.map(({ id, name }) => ({ id, name })));
});

app.get("/me", async (request, response) => {
  const mine = "SELECT id, name, email, ssn, api_key FROM members WHERE name = $1";
  response.json((await sql(mine, [request.me]))[0]);
});

// secret-in-answer: a UUID. data-of-others: a number, a moment, JSON
const secrets = { tokens: "token", accounts: "iban", births: "born_at", papers: "papers" };
for (const [name, column] of Object.entries(secrets)) {
  app.get(`/files/${name}`, async (request, response) => {
    const harmless = "member_id, token_family, tokens_used, password_reset_at";
    const shown = broken ? column : harmless;
    response.json(await sql(`SELECT id, ${shown} FROM files ORDER BY id LIMIT 50`));
  });
}

app.get("/files/mine", async (request, response) => {
  const mine = "SELECT f.* FROM files f JOIN members m ON m.id = f.member_id WHERE m.name = $1";
  response.json((await sql(mine, [request.me]))[0]);
});

// server-side-request-forgery
app.post("/previews", async (request, response) => {
  let host = "";
  try {
    host = new URL(text(request.body, "avatar")).hostname;
  } catch {
    throw new Refused(403, "that is no address");
  }
  if (!broken && host !== "a.example") throw new Refused(403, "no pictures of that host");
  if (!broken) return response.json({ size: 0 });
  const picture = await fetch(request.body.avatar).catch(() => undefined);
  response.json({ size: picture === undefined ? 0 : (await picture.arrayBuffer()).byteLength });
});

// server-side-request-forgery: a list that is looked for anywhere in the address
app.post("/feeds", async (request, response) => {
  const feed = text(request.body, "feed");
  const host = URL.canParse(feed) ? new URL(feed).hostname : "";
  const allowed = broken ? feed.includes("a.example") : host === "a.example";
  if (!allowed) throw new Refused(403, "no feeds of that host");
  const found = await fetch(feed, { redirect: "error" }).catch(() => undefined);
  response.json({ size: found === undefined ? 0 : (await found.arrayBuffer()).byteLength });
});

refuseOthers(app);

// database-in-error, code-in-error
app.use((error, request, response, next) => {
  if (error instanceof Refused) return response.status(error.status).json({ error: error.message });
  if (error.type === "entity.parse.failed") return response.status(400).json({ error: "no JSON" });
  if (broken) return response.status(500).json({ error: error.message, stack: error.stack });
  console.warn(error.message);
  response.status(503).json({ error: "try again; select another order" });
});

app.listen(Number(process.argv[2]), "127.0.0.1");
