// A library that lends books: Express and node-postgres.
const express = require("express");
const { Pool } = require("pg");

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 4 });
// A connection that is lost while nobody uses it is replaced, and no reason to end.
pool.on("error", () => {});

class Problem extends Error {
  constructor(status, detail, errors = undefined) {
    super(detail);
    this.status = status;
    this.errors = errors;
  }
}

async function inTransaction(work) {
  const client = await pool.connect();
  let failure;
  try {
    await client.query("BEGIN");
    const result = await work(client);
    await client.query("COMMIT");
    return result;
  } catch (error) {
    failure = error instanceof Problem ? undefined : error;
    await client.query("ROLLBACK").catch((lost) => (failure = lost));
    throw error;
  } finally {
    client.release(failure);
  }
}

async function tell(member, text) {
  const options = {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ to: member, text }),
    signal: AbortSignal.timeout(2000),
  };
  // A mailer that is down is no reason to refuse a loan.
  await fetch(`${process.env.MAILER_URL}/messages`, options).catch(() => undefined);
}

async function memberOf(request) {
  const token = (request.get("Authorization") || "").replace(/^Bearer /, "");
  const found = await pool.query("SELECT id, name FROM members WHERE token = $1", [token]);
  if (!found.rowCount) throw new Problem(401, "who are you?");
  return found.rows[0];
}

const app = express();
app.use(express.json());

app.get("/health", async (request, response) => {
  await pool.query("SELECT 1");
  response.json({ status: "ok" });
});

app.post("/loans", async (request, response) => {
  const member = await memberOf(request);
  const { book, days } = request.body ?? {};
  if (!Number.isInteger(days) || days < 1 || days > 60) {
    const wrong = [{ field: "days", message: "must be a whole number from 1 to 60" }];
    throw new Problem(422, "the request is not valid", wrong);
  }
  const [loan, title] = await inTransaction(async (client) => {
    const taken = await client.query(
      "UPDATE books SET copies = copies - 1 WHERE id = $1 AND copies > 0 RETURNING title",
      [book],
    );
    if (!taken.rowCount) throw new Problem(409, "no copy is left");
    const lent = await client.query(
      "INSERT INTO loans (member, book, days) VALUES ($1, $2, $3) RETURNING id, book, days",
      [member.id, book, days],
    );
    return [lent.rows[0], taken.rows[0].title];
  });
  await tell(member.name, `${title} is yours for ${days} days`);
  response.status(201).json(loan);
});

app.get("/loans", async (request, response) => {
  const member = await memberOf(request);
  const found = await pool.query(
    `SELECT l.id, b.title, l.returned FROM loans l JOIN books b ON b.id = l.book
     WHERE l.member = $1 ORDER BY l.id`,
    [member.id],
  );
  response.json(found.rows);
});

app.post("/loans/:loan/return", async (request, response) => {
  const member = await memberOf(request);
  await inTransaction(async (client) => {
    const found = await client.query(
      `UPDATE loans SET returned = true WHERE id = $1 AND member = $2 AND NOT returned
       RETURNING book`,
      [request.params.loan, member.id],
    );
    if (!found.rowCount) throw new Problem(404, "no such loan");
    const { book } = found.rows[0];
    await client.query("UPDATE books SET copies = copies + 1 WHERE id = $1", [book]);
  });
  response.sendStatus(204);
});

app.use((error, request, response, next) => {
  const detail = error.status ? error.message : "sorry";
  response.status(error.status || 500).json({ detail, errors: error.errors });
});

app.listen(Number(process.env.PORT), "127.0.0.1");
