/** A broker that is killed and comes back: pusher-js asks again for everything, with the token of that moment. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { role } from "../support/token.js";

/** pusher-js waits 15 s after an attempt that met a closed port. */
const RETURN_DEADLINE = 40_000;

/** What a page does to hear a public channel that needs a role: whenever it is refused, ask again after the sign-in. */
function insist(pusher, channel) {
  channel.bind("pusher:subscription_error", async ({ status }) => {
    if (status !== 401) return;
    await pusher.user.signinDonePromise;
    channel.subscribe();
  });
}

/** `openOwn` starts a broker for one test. */
export function restarting(openOwn, Pusher) {
  test("after a restart channels are asked for with the newest token, and sign-ins are repeated", async (t) => {
    const declared = await openOwn(t);
    let shown = role("operator", "early");
    const client = await declared.connect(t, Pusher, undefined, "early", declared.options(() => shown));
    client.pusher.signin();
    const hall = await client.subscribe("presence-hall");
    const backstage = client.listen("backstage");
    insist(client.pusher, client.pusher.channel("backstage"));
    await backstage.next("pusher:subscription_succeeded");
    assert.equal(client.pusher.channel("presence-hall").members.me.id, "early");

    await client.message("#server-to-user-early", "pusher_internal:subscription_succeeded");
    await declared.broker.stop("SIGKILL");
    shown = role("admin", "late");
    await declared.broker.resume();
    await client.connection.next("connected", RETURN_DEADLINE);
    await hall.next("pusher:subscription_succeeded");
    await backstage.next("pusher:subscription_succeeded");
    assert.equal(client.pusher.channel("presence-hall").members.me.id, "late");
    await declared.publisher.trigger("backstage", "cue", { n: 1 });
    assert.deepEqual(await backstage.next("cue"), { n: 1 });
  });
}
