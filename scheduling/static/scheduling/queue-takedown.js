/** The dialog that takes a published post off its platforms, account by account. */

import { api, clearErrors, showErrors, submitWith } from "../promura_site/api.js";
import { closeDialog, openDialog } from "../promura_site/dialog.js";
import { h, replaceChildren } from "../promura_site/dom.js";
import { isUp, textOf } from "./queue-words.js";

const dialog = document.getElementById("takedown-dialog");
const form = dialog?.querySelector("form");
let taken = 0;

function choice({ id, channel, by_hand: byHand }, platforms) {
  return h("label", { class: "pick" },
    h("input", { type: "checkbox", name: "publication", value: id, checked: true }),
    h("span", { class: "pick-name" }, `${channel.handle} on ${platforms[channel.platform] ?? channel.platform}`,
      byHand && h("span", { class: "meta decide-hint" }, "By hand: it goes to the hand-over page.")));
}

/** Ask from which accounts; resolve to how many were asked to be taken down. */
export async function takeDown({ post }, { platforms }) {
  taken = 0;
  clearErrors(form);
  form.querySelector("[data-quote]").textContent = textOf(post);
  replaceChildren(form.querySelector("[data-choices]"), post.publications.filter(isUp).map((one) => choice(one, platforms)));
  await openDialog(dialog);
  return taken;
}

if (form) {
  submitWith(form, async () => {
    const chosen = [...form.querySelectorAll("[name=publication]:checked")];
    if (!chosen.length) {
      showErrors(form, { publication: ["Choose at least one."] });
      return;
    }
    for (const box of chosen) {
      await api.post(`/api/publications/${box.value}/takedown`);
      // What is under way already is not asked for again after an error.
      box.closest("label").remove();
      taken += 1;
    }
    closeDialog(dialog, "done");
  });
}
