/** Upload straight into the post: from the file dialog, or dropped on the page. */

import { h, replaceChildren } from "../promura_site/dom.js";
import { announce } from "../promura_site/undo.js";
import { upload } from "../promura_site/upload.js";
import { shortOf } from "./compose-media.js";

const ADDRESS = "/api/library/upload";

/** Send one file; its line shows how far it is, or why it was refused. */
async function send(file, place, plan) {
  const bar = h("progress", { max: 100, value: 0, "aria-label": `Uploading ${file.name}` });
  const share = h("span", { class: "num meta" }, "0 %");
  const line = h("p", { class: "progress-line" }, h("span", { class: "clip upload-name" }, file.name), bar, share);
  place.append(line);
  const form = new FormData();
  form.append("file", file);
  try {
    const answer = await upload(ADDRESS, form, {
      onProgress: (part) => {
        const percent = Math.round(part * 100);
        bar.value = percent;
        share.textContent = percent < 100 ? `${percent} %` : "Looking at it";
      },
    });
    plan.setMedia([...plan.media, shortOf(answer.media)]);
    announce(`${file.name} is in the post.`);
    line.remove();
  } catch (problem) {
    const words = Object.values(problem.errors ?? {}).flat()[0] ?? problem.message;
    const away = h("button", { class: "btn btn-quiet btn-small", type: "button", onClick: () => line.remove() }, "Dismiss");
    line.setAttribute("role", "alert");
    replaceChildren(line, h("span", { class: "field-error" }, `${file.name}: ${words}`), away);
  }
}

function hasFiles(event) {
  return event.dataTransfer?.types.includes("Files");
}

/** Wire the button, the file dialog and dropping files. */
export function wireUploads(plan, root) {
  const opener = root.querySelector("[data-upload]");
  const input = root.querySelector("[data-upload-files]");
  const place = root.querySelector("[data-uploads]");
  if (!opener) return;

  // One after the other, so that the order of the post is the order of the files.
  let queue = Promise.resolve();
  const take = (files) => {
    for (const file of files) queue = queue.then(() => send(file, place, plan));
  };
  opener.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    take([...input.files]);
    input.value = "";
  });
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    root.classList.add("is-over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) root.classList.remove("is-over");
  });
  document.addEventListener("drop", (event) => {
    root.classList.remove("is-over");
    if (!hasFiles(event)) return;
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
}
