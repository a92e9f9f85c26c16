/** A broker with declared channels, somebody with its secret, and clients and devices with tokens. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Broker, HOST, ROOT } from "./broker.js";
import { Client } from "./client.js";

/** The app of the file that the repository ships. */
export const SHIPPED_APP = { id: "1001", key: "saluran-key", secret: "saluran-secret" };

/** The declarations that the repository ships. */
export function shippedFile() {
  return readFileSync(join(ROOT, "channels.toml"), "utf8");
}

export class Declared {
  broker;
  publisher;

  /** `Publisher` is the class of the `pusher` server library; `file` has the key and secret of the shipped one. */
  static async open(Publisher, file = shippedFile(), { settings = {}, masterKey } = {}) {
    const declared = new Declared();
    declared.broker = await Broker.declared(file, settings);
    const { id, key, secret } = SHIPPED_APP;
    declared.publisher = new Publisher({
      appId: id,
      key,
      secret,
      host: HOST,
      port: `${declared.broker.port}`,
      ...(masterKey === undefined ? {} : { encryptionMasterKeyBase64: masterKey }),
      timeout: 10_000,
    });
    return declared;
  }

  async close() {
    await this.broker.dispose();
  }

  /** Where a self-hosted broker is: what any snippet has to add. */
  place() {
    const { port } = this.broker;
    return { wsHost: HOST, wsPort: port, wssPort: port, forceTLS: false, enabledTransports: ["ws", "wss"] };
  }

  /** The options of the RVM system's own dashboard, with the broker's address. */
  snippet(token) {
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    return {
      cluster: "ap1",
      authEndpoint: `${this.broker.url}/api/v2/broadcasting/auth`,
      auth: { headers },
      ...this.place(),
      userAuthentication: { endpoint: `${this.broker.url}/api/v2/broadcasting/user-auth`, headers },
    };
  }

  /** The same as pusher-js documents it today; `token` is called for each request. */
  options(token) {
    const headersProvider = () => ({ Authorization: `Bearer ${token()}` });
    return {
      cluster: "self",
      channelAuthorization: { endpoint: `${this.broker.url}/broadcasting/auth`, headersProvider },
      ...this.place(),
      userAuthentication: { endpoint: `${this.broker.url}/broadcasting/user-auth`, headersProvider },
    };
  }

  /** A connected pusher-js, by the RVM system's snippet unless `options` says otherwise; `t` ends it. */
  async connect(t, Pusher, token, user = "somebody", options = this.snippet(token)) {
    const pusher = new Pusher(SHIPPED_APP.key, options);
    t.after(() => pusher.disconnect());
    const client = new Client(pusher, user);
    await client.connection.next("connected");
    return client;
  }

  /** What a device does: publishes one event with its token. Gives the answer, whatever it is. */
  publish(token, channel, name, data, more = {}) {
    return this.post(`/apps/${SHIPPED_APP.id}/events`, token, { name, channel, data: JSON.stringify(data), ...more });
  }

  /** A request with a token. */
  post(path, token, body) {
    return fetch(`${this.broker.url}${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
  }
}
