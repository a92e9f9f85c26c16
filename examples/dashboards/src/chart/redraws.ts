/** Redraws what has changed: at most once a frame, and only what can be seen. */

/** Time between two draws for people who asked their device for little movement. */
const CALM_INTERVAL_MS = 500;
/** Drawing takes a third of the time at most, so that a slow device still answers its user. */
const REST_FACTOR = 2;

export interface Drawable {
  readonly element: Element;
  draw(): void;
}

export class Redraws {
  readonly #waiting = new Set<Drawable>();
  readonly #visible = new Set<Drawable>();
  readonly #watched = new Map<Element, Drawable>();
  readonly #observer = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: "64px" });
  readonly #calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  #frame: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #drawnAt = 0;
  #cost = 0;

  watch(drawable: Drawable): void {
    this.#watched.set(drawable.element, drawable);
    this.#observer.observe(drawable.element);
  }

  /** Asks for a draw. One that is out of sight waits until it comes into view. */
  wanted(drawable: Drawable): void {
    this.#waiting.add(drawable);
    if (this.#visible.has(drawable)) this.#schedule();
  }

  forget(drawable: Drawable): void {
    this.#observer.unobserve(drawable.element);
    this.#watched.delete(drawable.element);
    this.#visible.delete(drawable);
    this.#waiting.delete(drawable);
  }

  close(): void {
    this.#observer.disconnect();
    clearTimeout(this.#timer);
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
    this.#waiting.clear();
    this.#visible.clear();
  }

  #seen(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const drawable = this.#watched.get(target);
      if (drawable === undefined) continue;
      if (isIntersecting) this.#visible.add(drawable);
      else this.#visible.delete(drawable);
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#frame !== null || this.#timer !== undefined) return;
    const rest = this.#calm.matches ? CALM_INTERVAL_MS : this.#cost * REST_FACTOR;
    const pause = this.#drawnAt + rest - performance.now();
    if (pause <= 0) {
      this.#frame = requestAnimationFrame(() => this.#draw());
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#schedule();
    }, pause);
  }

  #draw(): void {
    this.#frame = null;
    const began = performance.now();
    for (const drawable of [...this.#waiting]) {
      if (!this.#visible.has(drawable)) continue;
      this.#waiting.delete(drawable);
      drawable.draw();
    }
    this.#drawnAt = performance.now();
    this.#cost = this.#drawnAt - began;
  }
}
