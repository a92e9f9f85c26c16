/** Who is turned away, with which status, and what signing in opens. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { role, seconds, token } from "../support/token.js";

export function access(open, Pusher) {
  const refusals = {
    "no token": [undefined, 401],
    "an expired token": [role("operator", "7", { exp: seconds() - 60 }), 401],
    "a token that is not valid yet": [role("operator", "7", { nbf: seconds() + 600 }), 401],
    "a token signed with another secret": [token({ sub: "7", roles: ["operator"] }, "another-secret-of-32-bytes-or-more"), 401],
    "a token without the role": [role("tenant", "7"), 403],
  };
  for (const [title, [shown, status]] of Object.entries(refusals)) {
    test(`${title} ends in pusher:subscription_error ${status}`, async (t) => {
      const client = await open().connect(t, Pusher, shown);
      const error = await client.listen("private-rvm-status").next("pusher:subscription_error");
      assert.deepEqual([error.type, error.status], ["AuthError", status]);
      await client.subscribe("rvm-status");
    });
  }
}

export function signingIn(open, Pusher) {
  test("a public channel with a role is refused with 401 before signing in, and heard after", async (t) => {
    const client = await open().connect(t, Pusher, role("operator", "ona"), "ona");
    const ear = client.listen("backstage");
    const error = await ear.next("pusher:subscription_error");
    assert.deepEqual([error.type, error.status], ["AuthError", 401]);
    await client.signIn();
    // For pusher-js a refused public channel is still pending: its own subscribe() asks again.
    client.pusher.channel("backstage").subscribe();
    await ear.next("pusher:subscription_succeeded");
    await open().publisher.trigger("backstage", "cue", { n: 1 });
    assert.deepEqual(await ear.next("cue"), { n: 1 });
  });

  test("it is heard at once when signinDonePromise came first", async (t) => {
    const client = await open().connect(t, Pusher, role("admin", "ada"), "ada");
    client.pusher.signin();
    await client.pusher.user.signinDonePromise;
    const ear = await client.subscribe("backstage");
    await open().publisher.trigger("backstage", "cue", { n: 2 });
    assert.deepEqual(await ear.next("cue"), { n: 2 });
  });

  test("the wrong role is refused with 403 after signing in", async (t) => {
    const client = await open().connect(t, Pusher, role("tenant", "ted"), "ted");
    await client.signIn();
    const error = await client.listen("backstage").next("pusher:subscription_error");
    assert.deepEqual([error.type, error.status], ["AuthError", 403]);
  });

  test("a presence member is what the token says: sub, and the claims in user_info", async (t) => {
    const connect = (sub, claims) => open().connect(t, Pusher, token({ sub, ...claims }), sub);
    const first = await connect("7", { name: "Zoë", shift: "night", email: "not for others" });
    const ear = await first.subscribe("presence-hall");
    const { members } = first.pusher.channel("presence-hall");
    assert.deepEqual(members.me, { id: "7", info: { name: "Zoë", shift: "night" } });
    const second = await connect("8", { name: "Max" });
    await second.subscribe("presence-hall");
    assert.deepEqual(await ear.next("pusher:member_added"), { id: "8", info: { name: "Max" } });
  });

  test("a sealed event is opened with the key that the token brought, and by nobody else", async (t) => {
    const channel = "private-encrypted-vault";
    const client = await open().connect(t, Pusher, role("operator", "7"));
    const ear = await client.subscribe(channel);
    await open().publisher.trigger(channel, "opened", { pin: 1234, who: "Zoë" });
    assert.deepEqual(await ear.next("opened"), { pin: 1234, who: "Zoë" });
    assert.deepEqual(Object.keys((await client.message(channel, "opened")).data), ["nonce", "ciphertext"]);
    const tenant = await open().connect(t, Pusher, role("tenant", "8"));
    assert.equal((await tenant.listen(channel).next("pusher:subscription_error")).status, 403);
  });
}
