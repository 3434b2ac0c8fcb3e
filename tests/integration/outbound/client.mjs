// Calls one URL as often as lines come in, and answers each with a line: [status, text] or [name].
import readline from "node:readline";

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { url, body, timeout } = JSON.parse(line);
  try {
    const answer = await fetch(url, {
      method: "POST",
      body,
      headers: { "Content-Type": "application/json" },
      signal: AbortSignal.timeout(timeout),
    });
    const text = await answer.text();
    console.log(JSON.stringify([answer.status, text]));
  } catch (error) {
    console.log(JSON.stringify([error.cause?.code ?? error.name]));
  }
}
