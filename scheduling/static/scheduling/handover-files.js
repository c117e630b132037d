/** A hand-over's files on their way to the phone: fetched beforehand, then shared. */

import { announce } from "../promura_site/undo.js";

// More than this a phone's browser may not hold at once; single saving remains.
const MOST_BYTES = 400_000_000;

function fileName(response, number) {
  const said = response.headers.get("Content-Disposition") ?? "";
  const [, encoded] = /filename\*=utf-8''([^;]+)/iu.exec(said) ?? [];
  const [, plain] = /filename="([^"]+)"/u.exec(said) ?? [];
  return encoded ? decodeURIComponent(encoded) : plain ?? `${number}`;
}

async function fetchFile(address, number) {
  const response = await fetch(address, { credentials: "same-origin" });
  if (!response.ok) throw new Error("A file could not be fetched. Save them one by one.");
  const blob = await response.blob();
  return new File([blob], fileName(response, number), { type: blob.type });
}

function canShareFiles() {
  const probe = new File([new Uint8Array(1)], "probe.jpg", { type: "image/jpeg" });
  return Boolean(navigator.canShare?.({ files: [probe] }));
}

/**
 * Wire the share button; return `fetchAll`, to call once the person has the task.
 *
 * Sharing must follow the tap at once, so the files have to be here before it.
 */
export function wireFiles(files) {
  const button = document.querySelector("[data-share]");
  const words = document.querySelector("[data-share-words]");
  const word = document.querySelector("[data-share-word]");
  let ready = null;
  if (!button || !files.length || !canShareFiles()) return () => {};
  // The ZIP is for desktops: a phone cannot post from it.
  document.querySelector("[data-zip]").hidden = true;
  button.hidden = false;

  const say = (text) => {
    words.textContent = text;
  };

  async function fetchAll() {
    if (ready) return;
    ready = [];
    button.setAttribute("aria-busy", "true");
    try {
      const found = [];
      for (const [place, { address }] of files.entries()) {
        say(files.length > 1 ? `Fetching ${place + 1} of ${files.length}` : "Fetching the file");
        found.push(await fetchFile(address, place + 1));
        if (found.reduce((sum, one) => sum + one.size, 0) > MOST_BYTES) throw new Error("Too much to share at once. Save them one by one.");
      }
      if (!navigator.canShare({ files: found })) throw new Error("This browser cannot share these. Save them one by one.");
      ready = found;
      word.textContent = found.length > 1 ? `Share or save ${found.length} files` : "Share or save";
      say("Save to the camera roll, or share straight to the app.");
    } catch (error) {
      ready = null;
      say(error.message);
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-busy") === "true") return;
    if (!ready?.length) {
      await fetchAll();
      return;
    }
    try {
      await navigator.share({ files: ready });
      say("Shared.");
      announce("Shared.");
    } catch (error) {
      // Closing the sheet is no fault.
      if (error.name !== "AbortError") say("Sharing did not work. Save them one by one.");
    }
  });
  return fetchAll;
}
