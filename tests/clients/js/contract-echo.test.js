import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import Echo from "laravel-echo";
import Publisher from "pusher";
import Pusher from "pusher-js";

import { Declared, SHIPPED_APP } from "./support/declared.js";
import { machine, role } from "./support/token.js";
import { within } from "./support/wait.js";

/** The two ways to give Echo a token. */
const SHOWN = {
  bearerToken: (token) => ({ bearerToken: token }),
  "auth.headers": (token) => ({ auth: { headers: { Authorization: `Bearer ${token}` } } }),
};

for (const broadcaster of ["reverb", "pusher"]) {
  describe(`declared channels with Laravel Echo, ${broadcaster} broadcaster`, () => {
    let declared;
    before(async () => {
      declared = await Declared.open(Publisher);
    });
    after(() => declared?.close());

    function open(t, shown) {
      const echo = new Echo({
        broadcaster,
        key: SHIPPED_APP.key,
        ...(broadcaster === "pusher" ? { cluster: "mt1" } : {}),
        ...declared.place(),
        authEndpoint: `${declared.broker.url}/broadcasting/auth`,
        Pusher,
        withoutInterceptors: true,
        ...shown,
      });
      t.after(() => echo.disconnect());
      return echo;
    }

    for (const [way, shown] of Object.entries(SHOWN)) {
      test(`${way}: an operator hears a machine on a private channel`, async (t) => {
        const channel = open(t, shown(role("operator", "7"))).private("rvm-status");
        await within(new Promise((resolve) => channel.subscribed(resolve)), "private-rvm-status is subscribed");
        const heard = new Promise((resolve) => channel.listen(".status-updated", ({ rvm_id: id, status }) => {
          if (status === way) resolve(id);
        }));
        const answer = await declared.publish(machine(5), "rvm-status", "status-updated", { rvm_id: 5, status: way });
        assert.equal(answer.status, 200);
        assert.equal(await within(heard, "status-updated"), 5);
      });

      test(`${way}: .error() tells a tenant of private-admin-dashboard: 403`, async (t) => {
        const failed = new Promise((resolve) => open(t, shown(role("tenant", "8"))).private("admin-dashboard").error(resolve));
        const error = await within(failed, ".error()");
        assert.deepEqual([error.type, error.status], ["AuthError", 403]);
      });
    }
  });
}
