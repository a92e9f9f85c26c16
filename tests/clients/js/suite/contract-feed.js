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

  test("a dashboard that opens last has every machine's last status right after the success, then what is newer", async (t) => {
    const declared = open();
    const fleet = [1, 2, 3].map(() => (machines += 1));
    const say = async (rvm, event, data) => {
      const answer = await declared.publish(machine(rvm), "rvm-status", event, { rvm_id: rvm, ...data, timestamp: "t" });
      assert.equal(answer.status, 200, await answer.text());
    };
    for (const rvm of fleet) await say(rvm, "status-updated", { status: "active" });
    for (const rvm of fleet) await say(rvm, "health-updated", { overall_status: "active" });
    await say(fleet[0], "status-updated", { status: "full" });

    const client = await declared.connect(t, Pusher, role("operator", "7"));
    for (const name of ["rvm-status", "private-rvm-status"]) {
      const ear = await client.subscribe(name);
      await say(fleet[1], "status-updated", { status: "error" });
      await ear.match("status-updated", ({ rvm_id: id, status }) => id === fleet[1] && status === "error");
      const heard = ear.heard.filter(([, data]) => fleet.includes(data.rvm_id));
      const summary = heard.map(([event, data]) => `${fleet.indexOf(data.rvm_id)} ${event} ${data.status ?? data.overall_status}`);
      const kept = ["1 status-updated active", "2 status-updated active", "0 health-updated active", "1 health-updated active",
        "2 health-updated active", "0 status-updated full"];
      assert.equal(ear.heard[0][0], "pusher:subscription_succeeded");
      assert.deepEqual(summary, [...kept, "1 status-updated error"], name);
      await say(fleet[1], "status-updated", { status: "active" });
      // As at first, for the next name: machine 1 speaks before 2 and 0.
      for (const rvm of [fleet[2]]) await say(rvm, "status-updated", { status: "active" });
      for (const rvm of fleet) await say(rvm, "health-updated", { overall_status: "active" });
      await say(fleet[0], "status-updated", { status: "full" });
    }
  });
}
