import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import Publisher from "pusher";
import Pusher from "pusher-js";

import { APP, HOST } from "./support/broker.js";
import { Stage } from "./support/stage.js";

const QUICK = 1000;

describe("C-253 HTTP fallbacks of pusher-js", () => {
  let stage;
  before(async () => {
    stage = await Stage.open(Publisher);
  });
  after(() => stage?.close());

  const session = `/pusher/app/${APP.key}/123/0123abcv`;
  const query = "protocol=7&client=js&version=8.6.0&t=1700000000000&n=1";
  const requests = [
    ["POST", `${session}/xhr_streaming?${query}`],
    ["POST", `${session}/xhr?${query}`],
    ["POST", `${session}/xhr_send?${query}`],
    ["GET", "/timeline/v2/xhr/1?session=1&bundle=1"],
    ["GET", "/timeline/v2/jsonp/1?session=1&bundle=1"],
  ];

  for (const [method, path] of requests) {
    test(`${method} ${path.split("?")[0]} is a quick 404`, async () => {
      const body = method === "POST" ? '["{}"]' : undefined;
      const signal = AbortSignal.timeout(QUICK);
      const answer = await fetch(`${stage.broker.url}${path}`, { method, body, signal });
      assert.equal(answer.status, 404);
      await answer.text();
    });
  }

  test("pusher-js with all its transports on connects by WebSocket", async (t) => {
    const fallbacks = { enabledTransports: undefined, httpHost: HOST, httpPort: stage.broker.port, httpsPort: stage.broker.port };
    const client = await stage.connect(t, Pusher, "1", fallbacks);
    const ear = await client.subscribe("plain");
    await stage.publisher.trigger("plain", "greet", {});
    await ear.next("greet");
    assert.equal(client.pusher.connection.connection.transport.name, "ws");
  });
});
