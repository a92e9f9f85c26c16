/** A way to the broker that can be cut, or go silent. */

import { connect, createServer } from "node:net";

import { HOST } from "../../js/support/broker.js";

export class Line {
  url;
  #sockets = new Set();
  #isCut = false;
  #isSilent = false;

  static async open(t, port) {
    const line = new Line();
    const server = createServer((client) => line.#pass(client, port));
    await new Promise((resolve) => server.listen(0, HOST, resolve));
    t.after(() => {
      line.cut();
      server.close();
    });
    line.url = `http://${HOST}:${server.address().port}`;
    return line;
  }

  /** Nobody gets through, and what is open is closed. */
  cut() {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** What is said gets stuck on the way, and nobody is told: as where the radio fades. */
  silence() {
    this.#isSilent = true;
    for (const socket of this.#sockets) socket.pause();
  }

  mend() {
    this.#isCut = false;
    this.#isSilent = false;
    for (const socket of this.#sockets) socket.resume();
  }

  #pass(client, port) {
    if (this.#isCut) return client.destroy();
    const broker = connect(port, HOST);
    for (const [one, other] of [[client, broker], [broker, client]]) {
      this.#sockets.add(one);
      one.pipe(other);
      if (this.#isSilent) one.pause();
      one.on("error", () => other.destroy());
      one.on("close", () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }
}
