// Writes a key that tokens are signed with, and the half of it that everybody may know, where there
// are none yet.

import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";

if (!existsSync("signing-key.pem")) {
  const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
  mkdirSync("keys", { recursive: true });
  writeFileSync("keys/first.pem", pair.publicKey.export({ type: "spki", format: "pem" }));
  writeFileSync("signing-key.pem", pair.privateKey.export({ type: "pkcs8", format: "pem" }));
}
