// The requests of driver_requests.py, by node-postgres and by Knex. One JSON line in, one out.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

// The modules are where the fixture installed them.
const require = createRequire(`${process.argv[2]}/`);
const pg = require("pg");
const knex = require("knex");

const READ = "SELECT count(*) FROM orders WHERE note = ";
const ORDER = "INSERT INTO orders (note) VALUES ";
const LINE = "INSERT INTO lines (note) VALUES ";
const script = (note) => `BEGIN; ${ORDER}('${note}'); ${LINE}('${note}'); COMMIT`;
const implicit = (note) => `${ORDER}('${note}'); ${LINE}('${note}')`;

const connection = ({ host, port, user, password, database, authority }) => ({
  host, port, user, password, database,
  ssl: authority ? { ca: readFileSync(authority) } : false,
});

class NodePostgres {
  constructor(target) {
    this.pool = new pg.Pool({ ...connection(target), max: 1, idleTimeoutMillis: 0 });
    this.pool.on("error", () => {});
  }

  // As its manual says: an error of the connection is the pool's, whose client is destroyed.
  async borrow(work) {
    const client = await this.pool.connect();
    let lost;
    const note = (error) => { lost = error; };
    client.on("error", note);
    try {
      return await work(client);
    } catch (error) {
      // A SQLSTATE came from a server that goes on; everything else ends the connection.
      if (!(error instanceof pg.DatabaseError)) lost = error;
      throw error;
    } finally {
      client.off("error", note);
      client.release(lost);
    }
  }

  transacting(work) {
    return this.borrow(async (client) => {
      await client.query("BEGIN");
      try {
        await work(client);
        await client.query("COMMIT");
      } catch (error) {
        if (error instanceof pg.DatabaseError) await client.query("ROLLBACK");
        throw error;
      }
    });
  }

  transaction(note) {
    return this.transacting(async (client) => {
      await client.query(`${READ}$1`, [note]);
      await client.query(`${ORDER}($1)`, [note]);
      await client.query(`${LINE}($1)`, [note]);
    });
  }

  savepoint(note) {
    return this.transacting(async (client) => {
      await client.query(`${ORDER}($1)`, [note]);
      await client.query("SAVEPOINT line");
      try {
        await client.query(`${LINE}($1)`, [note]);
      } catch (error) {
        if (!(error instanceof pg.DatabaseError)) throw error;
        await client.query("ROLLBACK TO line");
      }
    });
  }

  autocommit(note) { return this.pool.query(`${ORDER}($1)`, [note]); }
  prepared(note) { return this.pool.query({ name: "order", text: `${ORDER}($1)`, values: [note] }); }
  script(note) {
    return this.borrow(async (client) => {
      try {
        await client.query(script(note));
      } catch (error) {
        if (error instanceof pg.DatabaseError) await client.query("ROLLBACK");
        throw error;
      }
    });
  }

  implicit(note) { return this.pool.query(implicit(note)); }
  close() { return this.pool.end(); }
}

class Knex {
  constructor(target) {
    this.knex = knex({
      client: "pg",
      connection: connection(target),
      pool: { min: 0, max: 1 },
      acquireConnectionTimeout: 10000,
      // It would write to where our answers go.
      log: { debug() {}, warn() {}, error() {}, deprecate() {} },
    });
  }

  transaction(note) {
    return this.knex.transaction(async (trx) => {
      await trx("orders").where({ note }).count();
      await trx("orders").insert({ note });
      await trx("lines").insert({ note });
    });
  }

  savepoint(note) {
    return this.knex.transaction(async (trx) => {
      await trx("orders").insert({ note });
      try {
        await trx.transaction((inner) => inner("lines").insert({ note }));
      } catch (error) {
        if (!(error instanceof pg.DatabaseError)) throw error;
      }
    });
  }

  autocommit(note) { return this.knex("orders").insert({ note }); }
  implicit(note) { return this.knex.raw(implicit(note)); }
  close() { return this.knex.destroy(); }

  async script(note) {
    try {
      await this.knex.raw(script(note));
    } catch (error) {
      // The pool has one connection: this is the same.
      if (error instanceof pg.DatabaseError) await this.knex.raw("ROLLBACK");
      throw error;
    }
  }}

const kinds = { "node-postgres": NodePostgres, knex: Knex };
const made = new Map();

for await (const line of createInterface({ input: process.stdin })) {
  const { id, driver, target, request, note } = JSON.parse(line);
  let answer = {};
  try {
    if (!made.has(id)) made.set(id, new kinds[driver](target));
    await made.get(id)[request](note);
    if (request === "close") made.delete(id);
  } catch (error) {
    const { name, code, message } = error;
    answer = { name: error instanceof pg.DatabaseError ? "DatabaseError" : name, code, message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
