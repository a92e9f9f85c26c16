/** A broker, a publisher, an application that authorizes, and clients: what every test file needs. */

import { AuthEndpoint } from "./auth-endpoint.js";
import { APP, Broker, HOST } from "./broker.js";
import { Client } from "./client.js";

/** 32 bytes, for channels that are encrypted end to end. */
const MASTER_KEY = Buffer.alloc(32, 7).toString("base64");

export class Stage {
  broker;
  publisher;
  endpoint;
  #publisherClass;

  /** `Publisher` is the class of the `pusher` server library. */
  static async open(Publisher, app = APP, port = 0) {
    const stage = new Stage();
    stage.broker = await Broker.start(app, port);
    stage.#publisherClass = Publisher;
    stage.publisher = stage.publisherOf(app);
    stage.endpoint = await AuthEndpoint.start(stage.publisher);
    return stage;
  }

  async close() {
    await this.endpoint.dispose();
    await this.broker.dispose();
  }

  publisherOf({ id, key, secret }) {
    return new this.#publisherClass({
      appId: id,
      key,
      secret,
      host: HOST,
      port: `${this.broker.port}`,
      encryptionMasterKeyBase64: MASTER_KEY,
      timeout: 10_000,
    });
  }

  /** Options for pusher-js, and through Laravel Echo for it. Without `user` nobody is signed in. */
  options(user, extra = {}) {
    const headers = user === undefined ? {} : { Authorization: `Bearer ${user}` };
    return {
      cluster: "",
      wsHost: HOST,
      wsPort: this.broker.port,
      wssPort: this.broker.port,
      forceTLS: false,
      enabledTransports: ["ws", "wss"],
      channelAuthorization: { endpoint: `${this.endpoint.url}/pusher/auth`, transport: "ajax", headers },
      userAuthentication: { endpoint: `${this.endpoint.url}/pusher/user-auth`, transport: "ajax", headers },
      ...extra,
    };
  }

  /** A connected pusher-js; `t` ends it. */
  async connect(t, Pusher, user, extra = {}) {
    const client = this.begin(t, Pusher, user, extra);
    await client.connection.next("connected");
    return client;
  }

  /** A pusher-js that has begun to connect. */
  begin(t, Pusher, user, extra = {}) {
    return this.own(t, new Pusher(APP.key, this.options(user, extra)), user);
  }

  /** Listens to a pusher-js that somebody else made; `t` ends it. */
  own(t, pusher, user) {
    t.after(() => pusher.disconnect());
    return new Client(pusher, user);
  }
}
