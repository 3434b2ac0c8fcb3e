// Applies every file of SQL that has not been applied yet.
import { readdirSync, readFileSync } from "node:fs";
import pg from "pg";

const here = new URL(".", import.meta.url);
const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
await client.query("CREATE TABLE IF NOT EXISTS applied (name text PRIMARY KEY)");
for (const name of readdirSync(here).filter((each) => each.endsWith(".sql")).sort()) {
  const { rowCount } = await client.query("SELECT 1 FROM applied WHERE name = $1", [name]);
  if (rowCount === 0) {
    await client.query(readFileSync(new URL(name, here), "utf8"));
    await client.query("INSERT INTO applied VALUES ($1)", [name]);
  }
}
await client.end();
