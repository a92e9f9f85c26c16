/** Bearer tokens as a system beside the broker issues them: JWTs by HS256. */

import { createHmac } from "node:crypto";

/** The secret for tokens in the file that the repository ships. */
export const TOKEN_SECRET = "saluran-token-secret-for-trials-only";

const HOUR = 3600;

/** Now, in the whole seconds of JWTs. */
export function seconds() {
  return Math.floor(Date.now() / 1000);
}

/** A token with these claims; it holds for an hour unless they say otherwise. */
export function token(claims, secret = TOKEN_SECRET) {
  const now = seconds();
  const parts = [{ alg: "HS256", typ: "JWT" }, { iat: now, exp: now + HOUR, ...claims }];
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

/** A token of somebody with one role. */
export function role(name, subject, claims = {}) {
  return token({ sub: subject, roles: [name], ...claims });
}

/** The token of one reverse vending machine. */
export function machine(id, subject = `rvm-${id}`) {
  return role("machine", subject, { rvm_id: id });
}
