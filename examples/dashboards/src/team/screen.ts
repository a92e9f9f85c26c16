/** For a screen before spectators: only figures and charts, large, and the device stays awake. */

const MARK = "projector";

/** Whether the address asks for it, so that a screen can be set up with a link. */
export function isProjector(page: URL): boolean {
  return page.searchParams.get("view") === MARK;
}

export class Screen {
  #lock: WakeLockSentinel | null = null;
  readonly #again = (): void => void this.#stayAwake();

  get isOn(): boolean {
    return document.documentElement.classList.contains(MARK);
  }

  /** Whether the device was asked, and agreed, to stay awake. */
  get isAwake(): boolean {
    return this.#lock !== null && !this.#lock.released;
  }

  turn(isOn: boolean): void {
    document.documentElement.classList.toggle(MARK, isOn);
    const here = new URL(window.location.href);
    if (isOn) here.searchParams.set("view", MARK);
    else here.searchParams.delete("view");
    window.history.replaceState(null, "", here);
    document.removeEventListener("visibilitychange", this.#again);
    if (isOn) {
      document.addEventListener("visibilitychange", this.#again);
      this.#again();
    } else void this.#lock?.release();
  }

  close(): void {
    document.removeEventListener("visibilitychange", this.#again);
    void this.#lock?.release();
  }

  /** The lock ends when the page is hidden. Browsers give it to secure pages only. */
  async #stayAwake(): Promise<void> {
    if (document.visibilityState !== "visible" || this.isAwake) return;
    try {
      this.#lock = (await navigator.wakeLock?.request("screen")) ?? null;
    } catch {
      // Low battery, or the browser does not want to: the device keeps its own habits.
      this.#lock = null;
    }
  }
}
