/** Asks the broker over HTTP. Nothing here throws: what goes wrong is a `Failure`. */

import type { Failure, Outcome, Run } from "./model.ts";

const ANSWER_LIMIT = 10_000;
/** Exports read a whole contest. */
const FILE_LIMIT = 120_000;

export type Method = "GET" | "POST" | "PUT";

export interface Body {
  readonly type: "application/json" | "text/csv";
  readonly text: string;
}

export const json = (value: unknown): Body => ({ type: "application/json", text: JSON.stringify(value) });

export interface File {
  readonly name: string;
  readonly content: Blob;
}

export class Client {
  readonly #base: URL;
  readonly #token: () => string | null;
  readonly #fetch: typeof fetch;

  /** `root` is the folder that holds the pages' folders, with a slash at its end. */
  constructor(root: URL, token: () => string | null, load: typeof fetch) {
    this.#base = new URL("api/v2/contest/", root);
    this.#token = token;
    this.#fetch = load;
  }

  get<T>(path: string): Promise<Outcome<T>> {
    return this.ask<T>("GET", path);
  }

  async ask<T>(method: Method, path: string, body?: Body): Promise<Outcome<T>> {
    const answer = await this.#send(method, path, ANSWER_LIMIT, body);
    if (!answer.ok) return answer;
    try {
      return { ok: true, value: (await answer.value.json()) as T };
    } catch (error) {
      return failed(answer.value.status, isTimeout(error) ? "timeout" : "malformed");
    }
  }

  async file(path: string): Promise<Outcome<File>> {
    const answer = await this.#send("GET", path, FILE_LIMIT);
    if (!answer.ok) return answer;
    try {
      const name = fileName(answer.value.headers.get("Content-Disposition")) ?? path.replace(/^.*\/|\?.*$/g, "");
      return { ok: true, value: { name, content: await answer.value.blob() } };
    } catch (error) {
      return failed(answer.value.status, isTimeout(error) ? "timeout" : "unreachable");
    }
  }

  async #send(method: Method, path: string, limit: number, body?: Body): Promise<Outcome<Response>> {
    const headers = new Headers({ Accept: "application/json" });
    const token = this.#token();
    if (token !== null) headers.set("Authorization", `Bearer ${token}`);
    if (body !== undefined) headers.set("Content-Type", body.type);
    try {
      const answer = await this.#fetch(new URL(path, this.#base), {
        method,
        headers,
        body: body?.text ?? null,
        cache: "no-store",
        signal: AbortSignal.timeout(limit),
      });
      return answer.ok ? { ok: true, value: answer } : { ok: false, failure: await failureIn(answer) };
    } catch (error) {
      return failed(0, isTimeout(error) ? "timeout" : "unreachable");
    }
  }
}

function failed(status: number, reason: string): { ok: false; failure: Failure } {
  return { ok: false, failure: { status, reason, message: "", session: null } };
}

/** Proxies answer errors in HTML; of those only the status is known. */
async function failureIn(answer: Response): Promise<Failure> {
  const said: unknown = await answer.json().catch(() => null);
  const { error, reason, session } = (said ?? {}) as { error?: unknown; reason?: unknown; session?: Run };
  return {
    status: answer.status,
    reason: typeof reason === "string" ? reason : `status_${answer.status}`,
    message: typeof error === "string" ? error : "",
    session: session ?? null,
  };
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}

/** Of `attachment; filename="name"`, also where the name is only given as RFC 8187 writes it. */
export function fileName(disposition: string | null): string | null {
  const plain = /filename="?([^";]+)"?/i.exec(disposition ?? "")?.[1];
  const encoded = /filename\*=utf-8''([^;]+)/i.exec(disposition ?? "")?.[1];
  try {
    return encoded === undefined ? (plain ?? null) : decodeURIComponent(encoded);
  } catch {
    return plain ?? null;
  }
}
