import assert from "node:assert/strict";
import { test } from "node:test";

import { Client, json } from "../src/contest/client.ts";

interface Asked {
  readonly url: string;
  readonly method: string | undefined;
  readonly headers: Headers;
  readonly body: unknown;
}

/** A client whose broker answers `answer`, and what it was asked. */
function client(answer: () => Response | Promise<Response>, token: string | null = "secret"): [Client, Asked[]] {
  const asked: Asked[] = [];
  const load: typeof fetch = (url, init) => {
    asked.push({ url: `${url as URL}`, method: init?.method, headers: new Headers(init?.headers), body: init?.body });
    return Promise.resolve().then(answer);
  };
  return [new Client(new URL("http://h/rt/"), () => token, load), asked];
}

test("requests go below the folder of the pages, with the token and what is sent", async () => {
  const [asking, asked] = client(() => new Response("{}"));
  await asking.ask("POST", "runs", json({ frequency: 1.5 }));
  assert.equal(asked[0]?.url, "http://h/rt/api/v2/contest/runs");
  assert.equal(asked[0]?.headers.get("Authorization"), "Bearer secret");
  assert.equal(asked[0]?.headers.get("Content-Type"), "application/json");
  assert.equal(asked[0]?.body, '{"frequency":1.5}');
});

test("who has not signed in sends no token", async () => {
  const [asking, asked] = client(() => new Response("{}"), null);
  assert.deepEqual(await asking.get("state"), { ok: true, value: {} });
  assert.equal(asked[0]?.headers.has("Authorization"), false);
});

test("a conflict brings the broker's reason, sentence and the run that is in the way", async () => {
  const said = { error: "A run is going on.", reason: "running", session: { session_id: 4 } };
  const [asking] = client(() => Response.json(said, { status: 409 }));
  const answer = await asking.ask("POST", "runs", json({}));
  assert.deepEqual(answer, {
    ok: false,
    failure: { status: 409, reason: "running", message: "A run is going on.", session: { session_id: 4 } },
  });
});

test("an error page of a proxy is told by its status", async () => {
  const [asking] = client(() => new Response("<h1>Bad gateway</h1>", { status: 502 }));
  const answer = await asking.get("state");
  assert.deepEqual(answer.ok ? null : answer.failure, { status: 502, reason: "status_502", message: "", session: null });
});

test("no answer, a late one and a garbled one are told apart", async () => {
  const reason = async (answer: () => Response): Promise<string> => {
    const got = await client(answer)[0].get("state");
    return got.ok ? "fine" : got.failure.reason;
  };
  const failing = (error: Error) => (): never => {
    throw error;
  };
  assert.equal(await reason(failing(new TypeError("fetch failed"))), "unreachable");
  assert.equal(await reason(failing(new DOMException("late", "TimeoutError"))), "timeout");
  assert.equal(await reason(() => new Response("<html>")), "malformed");
});

test("a file comes with its name, and without one is called as its address", async () => {
  const named = { "Content-Disposition": 'attachment; filename="session_data_2025-11-10_143045.csv"' };
  const [asking] = client(() => new Response("a,b\n", { headers: named }));
  const file = await asking.file("exports/session.csv?laptop_id=1");
  assert.equal(file.ok && file.value.name, "session_data_2025-11-10_143045.csv");
  assert.equal(file.ok && (await file.value.content.text()), "a,b\n");
  const [plain] = client(() => new Response(""));
  const unnamed = await plain.file("exports/session.csv?laptop_id=1");
  assert.equal(unnamed.ok && unnamed.value.name, "session.csv");
});
