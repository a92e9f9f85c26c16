/** Just enough of a WebSocket server for pusher-js: text frames below 64 KiB, no fragments. */

import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

export class FakeSocket {
  readonly #stream: Duplex;
  #rest = Buffer.alloc(0);

  constructor(request: IncomingMessage, stream: Duplex, heard: (text: string) => void, closed: () => void) {
    this.#stream = stream;
    const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${GUID}`).digest("base64");
    stream.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    stream.on("data", (bytes: Buffer) => this.#read(bytes, heard));
    stream.on("close", closed);
    stream.on("error", () => stream.destroy());
  }

  send(value: unknown): void {
    this.#frame(TEXT, Buffer.from(JSON.stringify(value)));
  }

  /** As a cable that is pulled. */
  cut(): void {
    this.#stream.destroy();
  }

  #frame(kind: number, content: Buffer): void {
    const small = content.length < 126;
    const head = Buffer.alloc(small ? 2 : 4);
    head[0] = 0x80 | kind;
    head[1] = small ? content.length : 126;
    if (!small) head.writeUInt16BE(content.length, 2);
    this.#stream.write(Buffer.concat([head, content]));
  }

  #read(bytes: Buffer, heard: (text: string) => void): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const rest = this.#rest;
      if (rest.length < 6) return;
      const short = (rest[1] ?? 0) & 0x7f;
      const start = short === 126 ? 4 : 2;
      const length = short === 126 ? rest.readUInt16BE(2) : short;
      if (rest.length < start + 4 + length) return;
      const mask = rest.subarray(start, start + 4);
      const content = Buffer.from(rest.subarray(start + 4, start + 4 + length)).map((byte, at) => byte ^ (mask[at % 4] ?? 0));
      this.#rest = rest.subarray(start + 4 + length);
      const kind = (rest[0] ?? 0) & 0x0f;
      if (kind === TEXT) heard(Buffer.from(content).toString());
      else if (kind === PING) this.#frame(PONG, Buffer.from(content));
      else if (kind === CLOSE) this.#stream.end();
    }
  }
}
