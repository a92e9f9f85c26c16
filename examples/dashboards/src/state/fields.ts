/** Reads single fields of data that came from outside: the right shape or `null`, never an exception. */

export type Fields = Readonly<Record<string, unknown>>;

/** What is declared as `T` and may come from a broker without declarations: `T`'s fields, with anything in them. */
export type Unread<T> = { readonly [F in keyof T]?: unknown };

export function fields<T = Fields>(value: unknown): Unread<T> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Unread<T>)
    : null;
}

export function text(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value : null;
}

/** A finite number; numbers in strings count, because some senders quote them. */
export function number(value: unknown): number | null {
  const found = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof found === "number" && Number.isFinite(found) ? found : null;
}

/** Identifiers are numbers in some senders and strings in others. */
export function identifier(value: unknown): string | null {
  return typeof value === "number" ? String(value) : text(value);
}

/** An ISO 8601 time in milliseconds. Without a zone it is UTC, as the devices write it. */
export function time(value: unknown): number | null {
  const written = text(value);
  if (written === null) return null;
  const zoned = /(?:[zZ]|[+-]\d{2}:?\d{2})$/.test(written);
  const found = Date.parse(zoned ? written : `${written.replace(" ", "T")}Z`);
  return Number.isNaN(found) ? null : found;
}
