/** The RVM system's own snippet, and its successor's options: six events, on both names of each channel. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { CHANNELS, sixEvents, twin } from "../support/fleet-events.js";
import { machine, role } from "../support/token.js";

const NAMES = [...CHANNELS, ...CHANNELS.map(twin)];

/** Machines of their own for each test: the broker keeps the last event of each for newcomers. */
let machines = 100;

/** The events of one machine that an ear has heard. */
function heardOf(ear, rvm) {
  const own = ({ rvm_id: id, device_id: device }) => id === rvm || device === `jetson_orin_nano_${rvm}`;
  return ear.heard.filter(([name, data]) => !name.startsWith("pusher:") && own(data));
}

async function expectSix(ears, rvm) {
  for (const [channel, event, data] of sixEvents(rvm)) {
    for (const name of [channel, twin(channel)]) {
      await ears[name].match(event, (found) => heardOf(ears[name], rvm).some(([, known]) => known === found));
      assert.deepEqual(heardOf(ears[name], rvm).find(([heard]) => heard === event)[1], data);
    }
  }
  for (const channel of CHANNELS) {
    const told = sixEvents(rvm).flatMap(([on, event]) => (on === channel ? [event] : []));
    for (const name of [channel, twin(channel)]) {
      assert.deepEqual(heardOf(ears[name], rvm).map(([event]) => event), told, `${name}: each once, in order`);
    }
  }
}

const STYLES = {
  "authEndpoint and auth.headers": (declared, token) => declared.snippet(token),
  "channelAuthorization and headersProvider": (declared, token) => declared.options(() => token),
};

export function feed(open, Pusher) {
  sixEventsBothWays(open, Pusher);
  lastStatuses(open, Pusher);
}

function sixEventsBothWays(open, Pusher) {
  for (const [style, options] of Object.entries(STYLES)) {
    test(`${style}: all six events, on public names and private twins, from a back end and from a machine`, async (t) => {
      const declared = open();
      const token = role("operator", "7");
      const client = await declared.connect(t, Pusher, token, "7", options(declared, token));
      const ears = {};
      for (const name of NAMES) ears[name] = await client.subscribe(name);

      const [app, device] = [(machines += 1), (machines += 1)];
      for (const [channel, event, data] of sixEvents(app)) await declared.publisher.trigger(channel, event, data);
      for (const [channel, event, data] of sixEvents(device)) {
        const answer = await declared.publish(machine(device), twin(channel), event, data);
        assert.deepEqual([answer.status, await answer.text()], [200, "{}"]);
      }
      await expectSix(ears, app);
      await expectSix(ears, device);
    });

    test(`${style}: an operator is let in on private-admin-dashboard, a tenant is not`, async (t) => {
      const declared = open();
      const connect = (name) => {
        const token = role(name, name);
        return declared.connect(t, Pusher, token, name, options(declared, token));
      };
      const [operator, tenant] = [await connect("operator"), await connect("tenant")];
      const ear = await operator.subscribe("private-admin-dashboard");
      const error = await tenant.listen("private-admin-dashboard").next("pusher:subscription_error");
      assert.deepEqual([error.type, error.status], ["AuthError", 403]);
      const change = { rvm_id: (machines += 1), status: "maintenance", timestamp: "2025-09-12T05:43:58.000000Z" };
      await declared.publisher.trigger("private-admin-dashboard", "rvm.status.updated", change);
      assert.deepEqual(await ear.match("rvm.status.updated", ({ rvm_id: id }) => id === change.rvm_id), change);
      // The tenant's connection goes on with what is for everybody.
      await tenant.subscribe("rvm-status");
    });
  }
}

function lastStatuses(open, Pusher) {
  for (const name of ["rvm-status", "private-rvm-status"]) {
    test(`who opens ${name} last has every machine's last events right after the success, then what is newer`, async (t) => {
      const declared = open();
      const fleet = [1, 2, 3].map(() => (machines += 1));
      const say = async (index, event, data) => {
        const [rvm, timestamp] = [fleet[index], "2025-09-19T05:00:00Z"];
        const answer = await declared.publish(machine(rvm), "rvm-status", event, { rvm_id: rvm, ...data, timestamp });
        assert.equal(answer.status, 200, await answer.text());
      };
      for (const index of fleet.keys()) await say(index, "status-updated", { status: "active" });
      for (const index of fleet.keys()) await say(index, "health-updated", { overall_status: "calm" });
      await say(0, "status-updated", { status: "full" });

      const client = await declared.connect(t, Pusher, role("operator", "7"));
      const ear = await client.subscribe(name);
      await say(1, "status-updated", { status: "error" });
      await ear.match("status-updated", ({ rvm_id: rvm, status }) => rvm === fleet[1] && status === "error");
      assert.equal(ear.heard[0][0], "pusher:subscription_succeeded");
      const heard = fleet.flatMap((rvm) => heardOf(ear, rvm).map((entry) => [ear.heard.indexOf(entry), entry[1]]));
      const told = heard.sort(([one], [other]) => one - other).map(([, data]) => data);
      assert.deepEqual(told.map(({ rvm_id: rvm, status, overall_status: overall }) => [fleet.indexOf(rvm), status ?? overall]), [
        [1, "active"], [2, "active"], [0, "calm"], [1, "calm"], [2, "calm"], [0, "full"], [1, "error"],
      ]);
    });
  }
}
