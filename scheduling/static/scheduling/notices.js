/** The list of notices: what is read, and taking that back. */

import { showUnread } from "../promura_site/bell.js";
import { api } from "../promura_site/api.js";
import { announce, offerUndo } from "../promura_site/undo.js";

const all = document.querySelector("[data-read-all]");
const lines = () => [...document.querySelectorAll("[data-notice]")];

function show(line, unread) {
  line.classList.toggle("is-unread", unread);
  line.querySelector("[data-unread-word]").textContent = unread ? "Unread:" : "";
  line.querySelector("[data-read-one]").hidden = !unread;
}

function showAnswer({ unread }) {
  showUnread(unread);
  all.hidden = unread === 0;
}

async function takeBack(changed, readAt) {
  const answer = await api.post("/api/notices/read", { undo: readAt });
  for (const line of changed) show(line, true);
  showAnswer(answer);
  return `${answer.message}.`;
}

async function read(body, changed) {
  const answer = await api.post("/api/notices/read", body);
  for (const line of changed) show(line, false);
  showAnswer(answer);
  offerUndo({
    message: `${answer.message}.`,
    undo: () => takeBack(changed, answer.read_at),
  });
}

async function pressed(button, body, changed) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await read(body, changed);
  } catch (error) {
    offerUndo({ message: error.message });
  } finally {
    button.removeAttribute("aria-busy");
  }
}

all?.addEventListener("click", () => {
  const changed = lines().filter((line) => line.classList.contains("is-unread"));
  pressed(all, {}, changed);
});

document.addEventListener("click", (event) => {
  const line = event.target.closest("[data-notice]");
  if (!line) return;
  const ids = [line.dataset.notice];
  const button = event.target.closest("[data-read-one]");
  if (button) {
    // The button goes; the focus stays with its line.
    line.querySelector("a")?.focus();
    pressed(button, { ids }, [line]);
  } else if (event.target.closest("a") && line.classList.contains("is-unread")) {
    // Going there is reading it; the page may be gone before the answer comes.
    fetch("/api/notices/read", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ids }),
      keepalive: true,
    }).catch(() => announce("It could not be marked as read."));
  }
});
