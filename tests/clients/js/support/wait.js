/** Waiting for what others do: always for something, and never without an end. */

export const DEADLINE = 10_000;

/** The outcome of `promise`, or an error that says what did not happen in time. */
export function within(promise, what, deadline = DEADLINE) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${deadline} ms`)), deadline);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/**
 * Everything that one pusher-js emitter (a channel, the connection, the user) emits, in order.
 *
 * `next(name)` is the data of the first occurrence of `name` that no earlier `next` has taken;
 * `match(name, test)` that of the first occurrence whose data passes, taken or not.
 */
export class Ear {
  /** `[name, data]` in the order of arrival. */
  heard = [];
  #label;
  #taken = new Map();
  #waiting = new Set();

  constructor(emitter, label) {
    this.#label = label;
    emitter.bind_global((name, data) => {
      this.heard.push([name, data]);
      for (const wake of this.#waiting) wake();
    });
  }

  async next(name, deadline = DEADLINE) {
    const index = this.#taken.get(name) ?? 0;
    this.#taken.set(name, index + 1);
    return this.#wait(() => this.all(name)[index], `${name} #${index + 1}`, deadline);
  }

  async match(name, test, deadline = DEADLINE) {
    return this.#wait(() => this.all(name).find(([, data]) => test(data)), `matching ${name}`, deadline);
  }

  all(name) {
    return this.heard.filter(([heard]) => heard === name);
  }

  names() {
    return this.heard.map(([name]) => name);
  }

  async #wait(find, what, deadline) {
    try {
      const [, data] = await within(this.#until(find), `${this.#label}: ${what}`, deadline);
      return data;
    } catch (error) {
      throw new Error(`${error.message}; heard ${JSON.stringify(this.heard.slice(-30))}`, { cause: error });
    }
  }

  #until(find) {
    return new Promise((resolve) => {
      const wake = () => {
        const found = find();
        if (found === undefined) return;
        this.#waiting.delete(wake);
        resolve(found);
      };
      this.#waiting.add(wake);
      wake();
    });
  }
}

const PAUSE = 50;

/** Asks again and again until the answer is true. */
export async function until(ask, what, deadline = DEADLINE) {
  const end = Date.now() + deadline;
  while (!(await ask())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${deadline} ms`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
