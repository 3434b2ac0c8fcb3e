// Express on node-postgres: races of services that write their own SQL, and what prevents each.

import { createHash, randomUUID } from "node:crypto";
import express from "express";
import pg from "pg";

const broken = process.env.SEAMPROOF_VARIANT === "broken";
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 4 });
// A lost connection that nobody listens to ends the process.
pool.on("connect", (db) => db.on("error", (error) => console.warn(`lost: ${error.message}`)));
pool.on("error", () => {});

const app = express();
app.use(express.json());

class Refused extends Error {
  constructor(status) {
    super(`refused with ${status}`);
    this.status = status;
  }
}

async function transaction(work, begin = "BEGIN") {
  const db = await pool.connect();
  let lost = false;
  try {
    await db.query(begin);
    const result = await work(db);
    await db.query("COMMIT");
    return result;
  } catch (error) {
    await db.query("ROLLBACK").catch(() => (lost = true));
    throw error;
  } finally {
    db.release(lost);
  }
}

const forUpdate = broken ? "" : " FOR UPDATE";

app.get("/health", async (request, response) => {
  await pool.query("SELECT 1");
  response.json({});
});

// lost-update, prevented by a lock; the audit row and its time are no defect.
app.post("/accounts/1/withdrawals", async (request, response) => {
  const left = await transaction(async (db) => {
    const { rows } = await db.query(`SELECT balance FROM accounts WHERE id = 1${forUpdate}`);
    if (rows[0].balance < 10) throw new Refused(422);
    await db.query("UPDATE accounts SET balance = $1 WHERE id = 1", [rows[0].balance - 10]);
    await db.query("INSERT INTO audit (what) VALUES ('withdrawn')");
    return rows[0].balance - 10;
  });
  response.status(201).json({ left });
});

// lost-update of a counter, prevented by computing in the database.
app.post("/counters/hits", async (request, response) => {
  await transaction(async (db) => {
    if (!broken) return db.query("UPDATE counters SET value = value + 1 WHERE name = 'hits'");
    const { rows } = await db.query("SELECT value FROM counters WHERE name = 'hits'");
    return db.query("UPDATE counters SET value = $1 WHERE name = 'hits'", [rows[0].value + 1]);
  });
  response.json({});
});

// lost-update, prevented by a version column; the second is told of the conflict.
app.post("/articles/1/edits", async (request, response) => {
  const { rows } = await pool.query("SELECT edits, version FROM articles WHERE id = 1");
  const [{ edits, version }] = rows;
  const changed = await pool.query(
    `UPDATE articles SET edits = $1, version = $2 + 1 WHERE id = 1${broken ? "" : " AND version = $2"}`,
    [edits + 1, version],
  );
  if (changed.rowCount === 0) throw new Refused(409);
  response.json({});
});

// guard-bypass of a stock, prevented by a condition in the write.
app.post("/sales", async (request, response) => {
  const id = await transaction(async (db) => {
    const { rows } = await db.query("SELECT stock FROM products WHERE id = 1");
    if (rows[0].stock < 1) throw new Refused(409);
    const sold = await db.query(
      `UPDATE products SET stock = stock - 1 WHERE id = 1${broken ? "" : " AND stock >= 1"}`,
    );
    if (sold.rowCount === 0) throw new Refused(409);
    const sale = await db.query("INSERT INTO sales (product_id) VALUES (1) RETURNING id");
    return sale.rows[0].id;
  });
  response.status(201).json({ id });
});

// guard-bypass of a coupon, in statements that each commit by themselves.
app.post("/coupons/HALF/redemptions", async (request, response) => {
  const { rows } = await pool.query("SELECT used FROM coupons WHERE code = 'HALF'");
  if (rows[0].used) throw new Refused(409);
  const used = await pool.query(
    `UPDATE coupons SET used = true WHERE code = 'HALF'${broken ? "" : " AND NOT used"}`,
  );
  if (used.rowCount === 0) throw new Refused(409);
  response.json({});
});

// guard-bypass of a quota of three, prevented by an advisory lock.
app.post("/projects", async (request, response) => {
  const id = await transaction(async (db) => {
    if (!broken) await db.query("SELECT pg_advisory_xact_lock(17)");
    const { rows } = await db.query("SELECT count(*)::int AS found FROM projects");
    if (rows[0].found >= 3) throw new Refused(403);
    const project = await db.query("INSERT INTO projects (title) VALUES ('new') RETURNING id");
    return project.rows[0].id;
  });
  response.status(201).json({ id });
});

// guard-bypass over two processes, where the lock is a promise in each of them.
let last = Promise.resolve();
app.post("/seats/1/bookings", async (request, response) => {
  const mine = last.then(() =>
    transaction(async (db) => {
      const { rows } = await db.query(`SELECT taken FROM seats WHERE id = 1${forUpdate}`);
      if (rows[0].taken) throw new Refused(409);
      await db.query("UPDATE seats SET taken = true WHERE id = 1");
      await db.query("INSERT INTO bookings (seat_id) VALUES (1)");
    }),
  );
  last = mine.catch(() => {});
  await mine;
  response.status(201).json({});
});

// write-skew, prevented by SERIALIZABLE and a retry.
async function leave(doctor, begin) {
  await transaction(async (db) => {
    const { rows } = await db.query(
      "SELECT count(*)::int AS others FROM doctors WHERE on_call AND id <> $1",
      [doctor],
    );
    if (rows[0].others < 1) throw new Refused(409);
    await db.query("UPDATE doctors SET on_call = false WHERE id = $1", [doctor]);
  }, begin);
}

app.put("/doctors/:doctor/leave", async (request, response) => {
  const { doctor } = request.params;
  for (let remaining = broken ? 0 : 7; ; remaining--) {
    try {
      await leave(doctor, broken ? "BEGIN" : "BEGIN ISOLATION LEVEL SERIALIZABLE");
      return response.json({});
    } catch (error) {
      if (error.code !== "40001" || remaining === 0) throw error;
    }
  }
});

// duplicate-rows, prevented by a UNIQUE constraint; its violation is answered with 409.
app.post("/members", async (request, response) => {
  const { email } = request.body;
  const id = await transaction(async (db) => {
    const { rowCount } = await db.query("SELECT 1 FROM members WHERE email = $1", [email]);
    if (rowCount > 0) throw new Refused(409);
    const table = broken ? "members" : "unique_members";
    const member = await db.query(`INSERT INTO ${table} (email) VALUES ($1) RETURNING id`, [email]);
    return member.rows[0].id;
  });
  response.status(201).json({ id });
});

// duplicate-rows of an upsert in two statements, prevented by ON CONFLICT.
app.put("/preferences/theme", async (request, response) => {
  if (broken) {
    const changed = await pool.query("UPDATE preferences SET value = 'dark' WHERE name = 'theme'");
    if (changed.rowCount === 0) {
      await pool.query("INSERT INTO preferences (name, value) VALUES ('theme', 'dark')");
    }
  } else {
    await pool.query(
      "INSERT INTO unique_preferences (name, value) VALUES ('theme', 'dark')" +
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    );
  }
  response.json({});
});

// lost-update: two workers claim one job, prevented by SKIP LOCKED.
app.post("/jobs/claim", async (request, response) => {
  const job = await transaction(async (db) => {
    const { rows } = await db.query(
      "SELECT id FROM jobs WHERE state = 'ready' ORDER BY id LIMIT 1" +
        (broken ? "" : " FOR UPDATE SKIP LOCKED"),
    );
    if (rows.length === 0) throw new Refused(404);
    await db.query("UPDATE jobs SET state = 'claimed' WHERE id = $1", [rows[0].id]);
    return rows[0].id;
  });
  response.json({ job });
});

// full-row-overwrite: every column is saved, changed or not.
app.patch("/profiles/1", async (request, response) => {
  const { name = null, city = null } = request.body;
  await transaction(async (db) => {
    if (!broken) {
      return db.query(
        "UPDATE profiles SET name = coalesce($1, name), city = coalesce($2, city) WHERE id = 1",
        [name, city],
      );
    }
    const { rows } = await db.query("SELECT name, city FROM profiles WHERE id = 1");
    return db.query("UPDATE profiles SET name = $1, city = $2 WHERE id = 1", [
      name ?? rows[0].name,
      city ?? rows[0].city,
    ]);
  });
  response.json({});
});

// duplicate-effect: the key is stored in a transaction of its own, after the payment.
app.post("/payments", async (request, response) => {
  const key = request.get("Idempotency-Key");
  const fingerprint = createHash("sha256").update(JSON.stringify(request.body)).digest("hex");
  const table = broken ? "keys" : "unique_keys";
  const keep = `INSERT INTO ${table} (key, fingerprint, payment_id) VALUES ($1, $2, $3)`;
  const pay = "INSERT INTO payments (amount) VALUES ($1) RETURNING id";
  const stored = async (db) => {
    const { rows } = await db.query(`SELECT * FROM ${table} WHERE key = $1`, [key]);
    if (rows.length > 0 && rows[0].fingerprint !== fingerprint) throw new Refused(422);
    return rows[0]?.payment_id;
  };
  let id;
  if (broken) {
    id = await stored(pool);
    if (id === undefined) {
      id = (await pool.query(pay, [request.body.amount])).rows[0].id;
      await pool.query(keep, [key, fingerprint, id]);
    }
  } else {
    id = await transaction(async (db) => {
      await db.query("SELECT pg_advisory_xact_lock(hashtext($1))", [key]);
      const known = await stored(db);
      if (known !== undefined) return known;
      const made = (await db.query(pay, [request.body.amount])).rows[0].id;
      await db.query(keep, [key, fingerprint, made]);
      return made;
    });
  }
  response.status(201).json({ id });
});

// ended-by-overlap: what is thrown behind the answer, where another was faster, nobody catches.
app.delete("/drafts/1", async (request, response) => {
  const found = await pool.query("SELECT 1 FROM drafts WHERE id = 1");
  if (found.rowCount === 0) throw new Refused(404);
  const { rows } = await pool.query("DELETE FROM drafts WHERE id = 1 RETURNING words");
  setImmediate(() => console.info(`deleted: ${broken ? rows[0].words : rows[0]?.words}`));
  response.status(204).end();
});

// Whether the carrier has done it, nobody knows.
class Unknown extends Error {}

async function askCarrier(delivery, patience) {
  try {
    const answer = await fetch(`${process.env.CARRIER_URL}/deliveries`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(delivery),
      signal: patience && AbortSignal.timeout(patience),
    });
    if (answer.status >= 400 && answer.status < 500) throw new Refused(409);
    if (!answer.ok) throw new Error(`the carrier answers ${answer.status}`);
    await answer.json();
  } catch (error) {
    throw error instanceof Refused ? error : new Unknown(error.message);
  }
}

const book = "INSERT INTO deliveries (product, units) VALUES ($1, $2) RETURNING id";

// transaction-open-during-call, and fetch waits for minutes; prevented by an attempt that is kept,
// and that the carrier knows by the client's reference.
app.post("/deliveries", async (request, response) => {
  const { product, units, reference } = request.body;
  if (broken) {
    const { rows } = await transaction(async (db) => {
      const booked = await db.query(book, [product, units]);
      await askCarrier({ units });
      return booked;
    });
    return response.status(201).json({ id: rows[0].id });
  }
  const key = randomUUID();
  try {
    await pool.query("INSERT INTO attempts (key, product, state) VALUES ($1, $2, 'pending')", [key, product]);
    await askCarrier({ units, key: reference }, 300);
    const { rows } = await transaction(async (db) => {
      await db.query("UPDATE attempts SET state = 'succeeded' WHERE key = $1", [key]);
      return db.query(book, [product, units]);
    });
    response.status(201).json({ id: rows[0].id });
  } catch (error) {
    const state = error instanceof Unknown ? "unknown" : "failed";
    const left = "UPDATE attempts SET state = $1 WHERE key = $2 AND state = 'pending'";
    await pool.query(left, [state, key]);
    throw error;
  }
});

// ended-by-retry: the same behind a write that finds the row there already.
app.put("/subscriptions/ada", async (request, response) => {
  const { rows } = await pool.query(
    "INSERT INTO subscriptions (who) VALUES ('ada') ON CONFLICT DO NOTHING RETURNING id",
  );
  setImmediate(() => console.info(`subscribed: ${broken ? rows[0].id : rows[0]?.id}`));
  response.json({});
});

// service-died: a lost connection is an event, and one that nobody listens to ends the process.
app.post("/alerts", async (request, response) => {
  const db = new pg.Client({ connectionString: process.env.DATABASE_URL });
  if (!broken) db.on("error", (error) => console.warn(`lost: ${error.message}`));
  await db.connect();
  try {
    await db.query("INSERT INTO alerts (what) VALUES ('smoke')");
  } finally {
    await db.end().catch(() => {});
  }
  response.status(201).json({});
});

// Sound in both variants: where nothing can be stored the client has no answer, and the process
// goes on.
app.post("/telegrams", async (request, response) => {
  try {
    await pool.query("INSERT INTO telegrams (words) VALUES ('stop')");
  } catch {
    request.socket.destroy();
    return;
  }
  response.status(201).json({});
});

app.use((error, request, response, next) => {
  const status = error.status ?? (error.code === "23505" ? 409 : 503);
  response.status(status).json({ detail: error instanceof Refused ? error.message : "try again" });
});

app.listen(Number(process.argv[2]), "127.0.0.1");
