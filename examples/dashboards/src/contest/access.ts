/** The link with a token that lets a person in: taken off the address, and remembered. */

import type { Access } from "./model.ts";

/** The part of `localStorage` that is used; a browser may refuse any of it. */
export type TokenMemory = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const MEMORY_KEY = "saluran.contest.token";

/** What a page may say of a token without knowing its secret. Not proof of anything. */
export interface Claims {
  /** `judge`, `viewer`, `camera` or another; `null` when it does not say. */
  readonly role: string | null;
  readonly name: string | null;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number | null;
}

const UNKNOWN: Claims = { role: null, name: null, expiresAt: null };

/** What is after `#token=` in an address, and the address without it. */
export function tokenIn(page: URL): { token: string; rest: string } | null {
  const parameters = new URLSearchParams(page.hash.slice(1));
  const token = cleaned(parameters.get("token") ?? "");
  if (token === "") return null;
  parameters.delete("token");
  const left = parameters.toString();
  return { token, rest: `${page.pathname}${page.search}${left === "" ? "" : `#${left}`}` };
}

/** Accepts what people paste: a token, `Bearer` and a token, or a whole link. */
export function cleaned(pasted: string): string {
  const text = pasted.trim();
  const linked = /[#&]token=([^&\s]+)/.exec(text)?.[1];
  return (linked ?? text.replace(/^bearer\s+/i, "")).replace(/\s+/g, "");
}

/** The first memory that has one: a tab's own comes before the one that all share. */
export function rememberedToken(...memories: readonly (() => TokenMemory)[]): string | null {
  for (const memory of memories) {
    try {
      const token = memory().getItem(MEMORY_KEY);
      if (token !== null) return token;
    } catch {
      // Storage is blocked: there may be another.
    }
  }
  return null;
}

/** `null` forgets. */
export function rememberToken(token: string | null, ...memories: readonly (() => TokenMemory)[]): void {
  for (const memory of memories) {
    try {
      if (token === null) memory().removeItem(MEMORY_KEY);
      else memory().setItem(MEMORY_KEY, token);
    } catch {
      // Storage is blocked or full: the token lasts as long as the page.
    }
  }
}

/** Reads what a JWT says of itself; nothing of a token that is none. */
export function claimsOf(token: string): Claims {
  try {
    const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    const { exp, name, roles } = claims;
    return {
      role: roleIn(roles),
      name: typeof name === "string" ? name : null,
      expiresAt: typeof exp === "number" ? exp * 1000 : null,
    };
  } catch {
    return UNKNOWN;
  }
}

function roleIn(roles: unknown): string | null {
  const listed: readonly unknown[] = Array.isArray(roles) ? roles : [roles];
  const role = listed.includes("judge") ? "judge" : listed[0];
  return typeof role === "string" ? role : null;
}

/**
 * Whether to offer what only judges may do. The broker decides each time anew; a token that tells no role is
 * given the chance.
 */
export function mayJudge(access: Access): boolean {
  return access.phase === "granted" && (access.role === null || access.role === "judge");
}

/** How far this page may be behind the broker's clock, ms: a token is refused from its last moment on. */
const BEHIND = 5_000;

/** What a status of 401 or 403 says about the token. */
export function denial(status: number, claims: Claims, now: number): Access {
  if (status === 403) return { phase: "denied", why: "forbidden" };
  const isExpired = claims.expiresAt !== null && claims.expiresAt <= now + BEHIND;
  return { phase: "denied", why: isExpired ? "expired" : "refused" };
}
