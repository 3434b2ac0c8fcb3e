// JSON Web Tokens by Node's own crypto: those of people, whose issuer has a key of two halves and
// serves several services, and those of workers, which share a secret with this one.

import { createHmac, createPrivateKey, createPublicKey, sign, timingSafeEqual, verify } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Refused } from "./express_refusals.mjs";

const broken = process.env.SEAMPROOF_VARIANT === "broken";
const issuer = createPrivateKey(readFileSync(process.env.SIGNING_KEY_FILE));
const publicKeys = new Map(readdirSync("keys").map((name) => [name, readFileSync(join("keys", name))]));
// weak-key: a variable of another name than the one that is set, and the word of the tutorial.
const secret = (broken ? process.env.WORKERS_SECRET : process.env.WORKER_SECRET) ?? "shhhhh";
const here = "mailbox";

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const decode = (part) => JSON.parse(Buffer.from(part, "base64url"));
const hmac = (text, key) => createHmac("sha256", key).update(text).digest("base64url");
const hour = () => Math.floor(Date.now() / 1000) + 3600;

function same(one, other) {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

// What a token says, where `trusted` says that its signature is right.
function claimsOf(token, trusted) {
  const [header, claims, signature] = token.split(".");
  try {
    if (trusted(decode(header), `${header}.${claims}`, signature)) return decode(claims);
  } catch (error) {
    console.warn(`no token: ${error.message}`);
  }
  throw new Refused(401, "that is no token of ours");
}

function inForce(claims) {
  if (!(claims.exp > Date.now() / 1000)) throw new Refused(401, "it has expired");
  return claims;
}

function forUs(claims) {
  if (![claims.aud].flat().includes(here)) throw new Refused(401, "it is for somebody else");
  return inForce(claims);
}

// ------------------------------------------------------------------------------------- people

export function personsToken(id) {
  const header = { alg: "RS256", typ: "JWT", kid: "first.pem" };
  const signed = `${encode(header)}.${encode({ sub: String(id), aud: [here, "calendar"], exp: hour() })}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), issuer).toString("base64url")}`;
}

const signedByIssuer = ({ alg, kid }, signed, signature) =>
  alg === "RS256" &&
  publicKeys.has(kid) &&
  verify("sha256", Buffer.from(signed), publicKeys.get(kid), Buffer.from(signature, "base64url"));

// The header says all: brought-key-token by the key that it holds, named-key-token by the file that
// it names, public-key-token by what is done with the key of that file.
function signedSomehow({ alg, kid, jwk }, signed, signature) {
  const key = jwk ? createPublicKey({ key: jwk, format: "jwk" }) : readFileSync(join("keys", kid));
  if (alg === "HS256") return same(hmac(signed, key), signature);
  return alg === "RS256" && verify("sha256", Buffer.from(signed), key, Buffer.from(signature, "base64url"));
}

// expired-token, other-audience-token: whatever is signed is believed.
export const person = (token) =>
  broken ? claimsOf(token, signedSomehow) : forUs(claimsOf(token, signedByIssuer));

const verified = new Map();

// Slow as it is, each token is verified once.
function verifiedOnce(token, name) {
  const trusted = (header, signed, signature) =>
    header.alg === "RS256" && (verified.has(name) || signedByIssuer(header, signed, signature));
  const claims = claimsOf(token, trusted);
  if (verified.size > 1000) verified.clear();
  verified.set(name, true);
  return forUs(claims);
}

// foreign-key-token: what was verified once is known by what it says, and not by its signature.
export const personByClaims = (token) => verifiedOnce(token, broken ? token.split(".")[1] : token);
export const personByToken = (token) => verifiedOnce(token, token);

// ------------------------------------------------------------------------------------ workers

// unsigned-token: a table of all algorithms that there are, from which the token chooses.
const algorithms = new Map([["HS256", (text) => hmac(text, secret)]]);
if (broken) algorithms.set("none", () => "");

export function workersToken(id) {
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ sub: String(id), exp: hour() })}`;
  return `${signed}.${algorithms.get("HS256")(signed)}`;
}

export const worker = (token) =>
  inForce(claimsOf(token, ({ alg }, signed, signature) => same(algorithms.get(alg)(signed), signature)));
