/** One item, large: look at it, change what is said of it, go on to the next. */

import { ApiError, api } from "../promura_site/api.js";
import { openDialog } from "../promura_site/dialog.js";
import { replaceChildren } from "../promura_site/dom.js";
import { announce, offerUndo } from "../promura_site/undo.js";
import { writeOpen } from "./address.js";
import { wireForm } from "./detail-form.js";
import { whileBusy, wireDetailTrash } from "./detail-trash.js";
import { factsOf, readingOf, showUsage, stageOf } from "./detail-view.js";
import { tags } from "./tags.js";

const FIELDS = "input, textarea, select, video";

/** Wire the dialog; returns `{open}`, which takes an item's id. */
export function wireDetail(dialog, { shelf, nameOf }) {
  const part = (name) => dialog.querySelector(`[data-${name}]`);
  const save = part("save");
  const form = save && wireForm(part("form"), (dirty) => {
    save.disabled = !dirty;
    save.title = dirty ? "" : "Nothing has been changed yet";
  });
  let item = null;
  let asking = null;
  // What would take back the changes that were saved last.
  let before = null;

  const show = (shown) => {
    item = shown;
    writeOpen(item.id);
    part("problem").hidden = true;
    part("name").textContent = item.name;
    part("facts").textContent = factsOf(item);
    replaceChildren(part("stage"), stageOf(item));
    part("download").href = item.url;
    part("download").setAttribute("download", item.name);
    const ids = shelf.ids;
    const at = ids.indexOf(item.id);
    part("previous").disabled = at <= 0;
    part("next").disabled = at < 0 || (at === ids.length - 1 && !shelf.next);
    if (form) {
      form.fill(item);
      part("delete").hidden = save.hidden = Boolean(item.trashed_at);
      part("restore").hidden = !item.trashed_at;
    } else replaceChildren(part("read"), readingOf(item, nameOf));
    asking?.abort();
    asking = new AbortController();
    showUsage(part("usage"), item.id, asking.signal);
  };

  /** Save what was changed; tell whether the dialog may go on to something else. */
  const keep = async () => {
    before = null;
    if (!form?.dirty()) return true;
    try {
      ({ media: item, before } = await form.save());
      shelf.put(item);
      tags.forget();
      announce(`Saved ${item.name}.`);
      return true;
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      return false;
    }
  };

  const step = async (direction) => {
    if (!(await keep())) return;
    const at = shelf.ids.indexOf(item.id);
    if (direction > 0 && at === shelf.ids.length - 1) await shelf.more();
    const id = shelf.ids[at + direction];
    if (id) show(shelf.items.get(id));
  };

  const offerBack = () => {
    const { id, name } = item;
    const former = before;
    const undo = async () => shelf.put((await api.patch(`/api/library/${id}`, former)).media);
    offerUndo({ message: `Saved ${name}.`, undo });
  };
  part("previous").addEventListener("click", () => step(-1));
  part("next").addEventListener("click", () => step(1));
  part("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", (event) => {
    if (event.target.matches(FIELDS) || event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (direction) step(direction);
  });
  dialog.addEventListener("close", async () => {
    if (!(await keep())) {
      dialog.showModal();
      return;
    }
    if (before) offerBack();
    asking?.abort();
    writeOpen(null);
    part("stage").replaceChildren();
    shelf.tileOf(item.id)?.querySelector(".media-open").focus();
  });
  if (form) {
    part("form").addEventListener("submit", (event) => {
      event.preventDefault();
      whileBusy(save, part("problem"), async () => {
        if (await keep()) show(item);
      });
    });
    wireDetailTrash(dialog, { shelf, keep, current: () => item });
  }
  return {
    async open(id) {
      const known = shelf.items.get(id) ?? (await api.get(`/api/library/${id}`)).media;
      show(known);
      openDialog(dialog);
      part("name").focus();
    },
  };
}
