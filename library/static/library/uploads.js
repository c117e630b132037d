/** Upload by button, drop or paste: each file on its own, a few at a time. */

import { h, icon, replaceChildren } from "../promura_site/dom.js";
import { announce } from "../promura_site/undo.js";
import { upload } from "../promura_site/upload.js";
import { tags } from "./tags.js";
import { countWords, sizeWords } from "./words.js";

const AT_ONCE = 2;

function newRow(file, cancel) {
  const progress = h("progress", { max: "1", value: 0, "aria-label": file.name });
  const said = h("span", { class: "meta upload-said" }, sizeWords(file.size));
  const button = h(
    "button",
    { class: "btn btn-quiet btn-small btn-icon", type: "button", title: "Cancel", onClick: cancel },
    icon("close"),
    h("span", { class: "visually-hidden" }, `Cancel ${file.name}`),
  );
  const words = h("div", { class: "upload-words" }, h("span", { class: "clip" }, file.name), progress, said);
  const element = h("li", { class: "upload-item" }, words, button);
  const end = (kind, glyph, message) => {
    element.classList.add(`upload-${kind}`);
    progress.remove();
    button.remove();
    replaceChildren(said, icon(glyph), message);
  };
  const move = (share) => {
    progress.value = share;
    // The bytes are there; now the server looks into the file.
    said.textContent = share < 1 ? `${Math.round(share * 100)} %` : "Being checked …";
  };
  return { element, end, move };
}

/** Wire the tray; `wanted` is called with the ids that the person wants selected. */
export function wireUploads(tray, { changed, select }) {
  const part = (name) => tray.querySelector(`[data-tray-${name}]`);
  const waiting = [];
  const taken = [];
  let running = 0;
  let total = 0;
  let ended = 0;
  let refused = 0;

  const show = () => {
    tray.hidden = total === 0;
    const busy = ended < total;
    const done = refused
      ? `${countWords(total - refused, "file")} taken, ${refused} not`
      : `${countWords(total, "file")} uploaded`;
    part("title").textContent = busy ? `Uploading ${ended + 1} of ${total}` : done;
    part("select").hidden = busy || !taken.length;
    if (!busy && total) announce(part("title").textContent);
  };

  const send = async ({ file, row, signal }) => {
    const form = new FormData();
    form.append("file", file, file.name);
    try {
      const answer = await upload("/api/library/upload", form, { onProgress: row.move, signal });
      taken.push(answer.media.id);
      row.end(answer.duplicate ? "known" : "done", answer.duplicate ? "info" : "check", answer.duplicate ? `${answer.message}.` : "Uploaded");
      changed();
      tags.forget();
    } catch (problem) {
      refused += 1;
      if (signal.aborted) row.end("refused", "close", "Cancelled");
      else row.end("refused", "warning", problem.message);
      if (!signal.aborted && problem.name !== "ApiError") throw problem;
    }
  };
  const work = async () => {
    running += 1;
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      await send(next);
      ended += 1;
      show();
    }
    running -= 1;
  };

  const add = (files) => {
    for (const file of files) {
      const abort = new AbortController();
      const row = newRow(file, () => abort.abort(new DOMException("Cancelled", "AbortError")));
      part("list").append(row.element);
      waiting.push({ file, row, signal: abort.signal });
      total += 1;
    }
    show();
    while (running < AT_ONCE && waiting.length) work();
  };

  part("close").addEventListener("click", () => {
    if (ended < total) {
      tray.toggleAttribute("data-folded");
      return;
    }
    part("list").replaceChildren();
    taken.length = total = ended = refused = 0;
    show();
  });
  part("select").addEventListener("click", () => select([...new Set(taken)]));
  window.addEventListener("beforeunload", (event) => {
    if (ended < total) event.preventDefault();
  });
  return { add };
}

/** Take files from the button, from a drop anywhere on the page, and from a paste. */
export function wireFileSources({ button, input, veil }, add) {
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  const ready = () => !document.querySelector("dialog[open]");
  let depth = 0;
  const cover = (on) => {
    depth = on ? depth : 0;
    veil.hidden = !on;
  };
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    add([...input.files]);
    input.value = "";
  });
  window.addEventListener("dragenter", (event) => {
    if (!hasFiles(event) || !ready()) return;
    depth += 1;
    cover(true);
  });
  window.addEventListener("dragleave", (event) => {
    if (!hasFiles(event)) return;
    depth -= 1;
    if (depth <= 0) cover(false);
  });
  window.addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  window.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    cover(false);
    if (ready()) add([...event.dataTransfer.files]);
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length && ready()) add(files);
  });
}
