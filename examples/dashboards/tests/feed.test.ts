import assert from "node:assert/strict";
import { test } from "node:test";

import { SHIPPED_KEY, addressOf, findKey, isLoopback } from "../src/feed/address.ts";
import { advice, endsConnection, reasonOf, retryDelay } from "../src/feed/status.ts";
import { translator } from "../src/i18n/language.ts";
import { EMPTY, reduce } from "../src/state/reduce.ts";
import { news } from "../src/view/news.ts";

const page = (address: string): URL => new URL(address);

test("host, port, security and path come from the page's own address", () => {
  assert.deepEqual(addressOf(page("http://10.0.0.5:6001/?key=x"), "k"), {
    host: "10.0.0.5",
    port: 6001,
    secure: false,
    path: "",
    key: "k",
  });
  assert.equal(addressOf(page("http://broker.lan/"), "k").port, 80);
  assert.deepEqual(addressOf(page("https://broker.lan/rt/index.html"), "k"), {
    host: "broker.lan",
    port: 443,
    secure: true,
    path: "/rt",
    key: "k",
  });
});

test("a loopback address is of no use to other machines", () => {
  for (const host of ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"]) assert.equal(isLoopback(host), true, host);
  for (const host of ["10.0.0.5", "broker.lan", "[fd00::1]"]) assert.equal(isLoopback(host), false, host);
});

const answering = (text: string): typeof fetch => () => Promise.resolve(new Response(text));

test("the key comes from the address, then from the broker, then it is the shipped one", async () => {
  const named = answering('{"key":"named"}');
  assert.equal(await findKey(page("http://h/?key=asked"), named), "asked");
  assert.equal(await findKey(page("http://h/?key="), named), "named");
  for (const text of ["<html>", "{}", '{"key":5}', "null"]) {
    assert.equal(await findKey(page("http://h/"), answering(text)), SHIPPED_KEY, text);
  }
  const failing: typeof fetch = () => Promise.reject(new TypeError("no network"));
  assert.equal(await findKey(page("http://h/"), failing), SHIPPED_KEY);
});

test("a reason is found however pusher-js wraps it", () => {
  const data = { code: 4001, message: "no such app" };
  assert.deepEqual(reasonOf({ type: "PusherError", data }), data);
  assert.deepEqual(reasonOf({ type: "WebSocketError", error: { type: "PusherError", data } }), data);
  assert.deepEqual(reasonOf({ data: { code: null, message: "m" } }), { code: null, message: "m" });
  for (const nothing of [null, "text", {}, { error: {} }, { data: { code: 1 } }]) {
    assert.equal(reasonOf(nothing), null);
  }
});

test("errors without a code and from 4300 leave the connection open", () => {
  assert.equal(endsConnection({ code: null, message: "" }), false);
  assert.equal(endsConnection({ code: 4301, message: "" }), false);
  assert.equal(endsConnection({ code: 4200, message: "" }), true);
});

test("each way of being turned away has its advice", () => {
  const stopped = (code: number | null) => advice({ phase: "stopped", reason: { code, message: "" } });
  assert.equal(stopped(4001), "unknownKey");
  assert.equal(stopped(4003), "disabled");
  assert.equal(stopped(4004), "overQuota");
  assert.equal(stopped(4009), "unauthorized");
  assert.equal(stopped(4000), "tlsOnly");
  assert.equal(stopped(4006), "refused");
  assert.equal(advice({ phase: "stopped", reason: null }), "refused");
  assert.equal(advice({ phase: "waiting", retryAt: 0, reason: null }), "unreachable");
  assert.equal(advice({ phase: "connecting", again: true }), "unreachable");
  assert.equal(advice({ phase: "connecting", again: false }), null);
  assert.equal(advice({ phase: "connected" }), null);
});

test("retries grow to ten seconds and are spread", () => {
  assert.equal(retryDelay(0, 1), 1000);
  assert.equal(retryDelay(0, 0), 750);
  assert.equal(retryDelay(3, 1), 8000);
  assert.equal(retryDelay(50, 1), 10_000);
  assert.equal(retryDelay(5000, 0), 7500);
});

test("a changed status and a sync request are news, a repeated status is not", () => {
  const say = translator("en");
  const first = reduce(EMPTY, "status-updated", { rvm_id: 1, rvm_name: "RVM-001", status: "full" }, 1);
  const again = reduce(first, "status-updated", { rvm_id: 1, status: "full" }, 2);
  const asked = reduce(again, "manual-sync", { device_id: "jetson" }, 3);
  const other = reduce(asked, "timezone-synced", { device_id: "jetson", timezone: "UTC" }, 4);
  assert.deepEqual(news(EMPTY, first, say), ["RVM-001: full"]);
  assert.deepEqual(news(first, again, say), []);
  assert.deepEqual(news(again, asked, say), ["Sync requested for jetson"]);
  assert.deepEqual(news(asked, other, say), []);
});
