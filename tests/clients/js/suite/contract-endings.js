/** What ends with a token, who is watched by it, and a file that changes under live connections. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { role, seconds, token } from "../support/token.js";
import { Ear, until } from "../support/wait.js";
import { OWN_FILE } from "./contract-declarations.js";

const REVOKE = "/api/v2/tokens/revoke";

/** The connection is closed with 4009, and pusher-js stays away. */
async function expectEnd(client, why) {
  await client.connection.next("disconnected");
  const { data } = await client.connection.next("error");
  assert.equal(data.code, 4009);
  assert.match(data.message, why);
  await assert.rejects(client.connection.next("connecting", 1500));
  assert.equal(client.pusher.connection.state, "disconnected");
}

export function endings(open, Pusher) {
  test("when its token expires a connection is closed with 4009 and does not come back", async (t) => {
    const shown = token({ sub: "brief", exp: seconds() + 2 });
    const client = await open().connect(t, Pusher, shown, "brief");
    const lasting = await open().connect(t, Pusher, token({ sub: "lasting" }), "lasting");
    await Promise.all([client.subscribe("private-desk"), lasting.subscribe("private-desk")]);
    await expectEnd(client, /expired/);
    assert.equal(lasting.pusher.connection.state, "connected");
  });

  test("a later token, shown at sign-in, prolongs a connection", async (t) => {
    let shown = token({ sub: "patient", exp: seconds() + 2 });
    const options = open().options(() => shown);
    const client = await open().connect(t, Pusher, undefined, "patient", options);
    await client.subscribe("private-desk");
    shown = token({ sub: "patient" });
    await client.signIn();
    const witness = await open().connect(t, Pusher, token({ sub: "witness", exp: seconds() + 3 }), "witness");
    await witness.subscribe("private-desk");
    await expectEnd(witness, /expired/);
    assert.equal(client.pusher.connection.state, "connected");
  });

  const revokers = {
    "a back end, by the server library's signature": async (subject) => {
      const { publisher, broker } = open();
      const body = JSON.stringify({ subject });
      const query = publisher.createSignedQueryString({ method: "POST", path: REVOKE, params: {}, body });
      const headers = { "Content-Type": "application/json" };
      return fetch(`${broker.url}${REVOKE}?${query}`, { method: "POST", headers, body });
    },
    "an administrator, by a token": (subject) => open().post(REVOKE, role("admin", "root"), { subject }),
  };
  for (const [index, [who, revoke]] of Object.entries(revokers).entries()) {
    test(`${who} revokes a subject's tokens: its connections end, nobody else's`, async (t) => {
      const subject = `mallory-${index}`;
      const shown = token({ sub: subject });
      const [listening, signedIn] = [await open().connect(t, Pusher, shown), await open().connect(t, Pusher, shown, subject)];
      const other = await open().connect(t, Pusher, token({ sub: "trent" }), "trent");
      await listening.subscribe("private-desk");
      await signedIn.signIn();
      const ear = await other.subscribe("private-desk");
      const answer = await revoke(subject);
      assert.equal(answer.status, 200, await answer.clone().text());
      assert.equal((await answer.json()).subject, subject);
      await Promise.all([expectEnd(listening, /revoked/), expectEnd(signedIn, /revoked/)]);
      const late = await open().connect(t, Pusher, shown);
      assert.equal((await late.listen("private-desk").next("pusher:subscription_error")).status, 401);
      await open().publisher.trigger("private-desk", "on", {});
      await ear.next("on");
    });
  }

  test("a tenant's token revokes nothing", async () => {
    const answer = await open().post(REVOKE, role("tenant", "ted"), { subject: "trent" });
    assert.equal(answer.status, 403);
    assert.match((await answer.json()).error, /role\.admin/);
  });

  test("who is watched comes from the token: online and offline once for each change", async (t) => {
    const connect = (sub, claims) => open().connect(t, Pusher, token({ sub, ...claims }), sub);
    const watcher = await connect("eve", { watchlist: ["carol", "dave"] });
    const carol = await connect("carol");
    await carol.signIn();
    const changes = new Ear(watcher.pusher.user.watchlist, "eve's watchlist");
    await watcher.signIn();
    assert.deepEqual((await changes.next("online")).user_ids, ["carol"]);
    assert.deepEqual((await changes.next("offline")).user_ids, ["dave"]);
    carol.pusher.disconnect();
    assert.deepEqual((await changes.next("offline")).user_ids, ["carol"]);
    assert.deepEqual(changes.names(), ["online", "offline", "offline"]);
  });
}

const BOARD = `
[[channel]]
name = "board"
publish = ["role.operator"]
subscribe = ["anyone"]
`;

/** `openOwn` starts a broker for one test. */
export function reloading(openOwn, Pusher) {
  test("a rewritten file declares a channel, and withdraws it, without a reconnect", async (t) => {
    const declared = await openOwn(t);
    const client = await declared.connect(t, Pusher, role("tenant", "ted"));
    const { socketId } = client;
    const ear = await client.subscribe("board");
    const post = () => declared.publish(role("operator", "7"), "board", "note", { n: 1 });
    const refused = await post();
    assert.deepEqual([refused.status, (await refused.json()).rule], [403, "undeclared"]);

    declared.broker.declare(`${OWN_FILE}${BOARD}`);
    await until(async () => (await post()).status === 200, "the board is declared");
    assert.deepEqual(await ear.next("note"), { n: 1 });

    declared.broker.declare(`${OWN_FILE}${BOARD.replace('"anyone"', '"role.operator"')}`);
    const { type, status } = await ear.next("pusher:subscription_error");
    assert.deepEqual([type, status], ["AuthError", 401]);
    await client.subscribe("elsewhere");
    assert.equal(client.socketId, socketId);
    assert.equal(client.connection.all("disconnected").length, 0);
  });

  test("a file with a mistake changes nothing", async (t) => {
    const declared = await openOwn(t);
    const post = (channel) => declared.publish(role("operator", "7"), channel, "note", {});
    declared.broker.declare(`${OWN_FILE}${BOARD}`);
    await until(async () => (await post("board")).status === 200, "the board is declared");
    declared.broker.declare(`${OWN_FILE}${BOARD.replaceAll("board", "shelf")}colour = "red"\n`);
    await declared.broker.said(/colour/);
    assert.deepEqual([(await post("board")).status, (await post("shelf")).status], [200, 403]);
  });
}
