/** Native dialogs: the browser keeps the focus inside and gives it back. */

import { button, element } from "../view/dom.ts";

let numbered = 0;

/** A dialog with a heading; it leaves the page when it is closed. */
export function dialog(title: string, ...content: readonly (Node | string)[]): HTMLDialogElement {
  numbered += 1;
  const id = `dialog-${numbered}`;
  const made = element(
    "dialog",
    { class: "panel-box", "aria-labelledby": id, "data-testid": "dialog" },
    element("h2", { id }, title),
    ...content,
  );
  made.addEventListener("close", () => made.remove());
  return made;
}

export interface Question {
  readonly title: string;
  readonly content: readonly (Node | string)[];
  readonly confirm: string;
  readonly cancel: string;
  /** Checked when the answer is yes; `false` keeps the dialog open. */
  readonly check?: () => boolean;
}

/** Asks in front of everything else; resolves to whether the answer was yes. */
export function ask(place: HTMLElement, question: Question): Promise<boolean> {
  const { promise, resolve } = withResolver<boolean>();
  const made = dialog(question.title, ...question.content);
  const cancel = button(question.cancel, () => made.close());
  const confirm = button(question.confirm, () => {
    if (question.check?.() !== false) made.close("yes");
  });
  cancel.dataset["testid"] = "cancel";
  confirm.dataset["testid"] = "confirm";
  confirm.className = "danger";
  // What cannot be undone at a glance is never what the Enter key does by itself.
  cancel.autofocus = true;
  made.append(element("div", { class: "answers" }, cancel, confirm));
  made.addEventListener("close", () => resolve(made.returnValue === "yes"));
  place.append(made);
  made.showModal();
  return promise;
}

function withResolver<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((resolved) => (resolve = resolved));
  return { promise, resolve };
}
