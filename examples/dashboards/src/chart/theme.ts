/** Colours of the page for what is drawn on a canvas, which knows no style sheet. */

export interface Theme {
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly font: string;
}

export function themeOf(element: Element): Theme {
  const style = getComputedStyle(element);
  const named = (name: string, otherwise: string): string => style.getPropertyValue(name).trim() || otherwise;
  return {
    text: named("--text", "#000"),
    muted: named("--muted", "#555"),
    line: named("--line", "#ddd"),
    font: `${Math.round(Math.max(11, parseFloat(style.fontSize) * 0.75))}px ${style.fontFamily}`,
  };
}

/** Calls back when the page turns dark or light; returns how to end that. */
export function onThemeChange(changed: () => void): () => void {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", changed);
  return () => dark.removeEventListener("change", changed);
}
