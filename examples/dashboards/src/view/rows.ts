/** Keeps a list of elements equal to a list of values, reusing each value's element. */

export interface Row<T> {
  readonly element: HTMLElement;
  show(item: T, now: number): void;
}

export class Rows<T> {
  readonly #container: HTMLElement;
  readonly #key: (item: T) => string;
  readonly #make: (item: T) => Row<T>;
  #rows = new Map<string, Row<T>>();

  constructor(container: HTMLElement, key: (item: T) => string, make: (item: T) => Row<T>) {
    this.#container = container;
    this.#key = key;
    this.#make = make;
  }

  show(items: readonly T[], now: number): void {
    const rows = new Map<string, Row<T>>();
    items.forEach((item, index) => {
      const key = this.#key(item);
      const row = this.#rows.get(key) ?? this.#make(item);
      row.show(item, now);
      rows.set(key, row);
      const there = this.#container.children[index] ?? null;
      if (there !== row.element) this.#container.insertBefore(row.element, there);
    });
    while (this.#container.children.length > rows.size) this.#container.lastElementChild?.remove();
    this.#rows = rows;
  }
}
