/** Where the broker is and which app the page belongs to, from the page's own address. */

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  /** What stands before `/app`: the folder that the page is in, as `/rt`, or empty. */
  readonly path: string;
  readonly key: string;
}

/** The key of the shipped configuration, for a page that nothing else tells. */
export const SHIPPED_KEY = "saluran-key";

/** The port of the shipped configuration, which publishers use when nobody names one. */
export const SHIPPED_PORT = 6001;

/** Whether `host` means something only on the broker's own machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || host.startsWith("127.");
}

export function addressOf(page: URL, key: string): Address {
  const secure = page.protocol === "https:";
  return {
    host: page.hostname,
    port: page.port === "" ? (secure ? 443 : 80) : Number(page.port),
    secure,
    path: page.pathname.slice(0, page.pathname.lastIndexOf("/")),
    key,
  };
}

/** `?key=` wins, then what the broker names in `pages.json`, then the shipped key. */
export async function findKey(page: URL, load: typeof fetch): Promise<string> {
  return page.searchParams.get("key") || (await namedKey(page, load)) || SHIPPED_KEY;
}

async function namedKey(page: URL, load: typeof fetch): Promise<string | null> {
  try {
    const answer = await load(new URL("pages.json", page), { signal: AbortSignal.timeout(3000) });
    const { key } = (await answer.json()) as { key?: unknown };
    return typeof key === "string" ? key : null;
  } catch {
    // Served by something other than the broker, or the broker is just going away.
    return null;
  }
}
