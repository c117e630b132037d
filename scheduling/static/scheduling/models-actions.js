/** What a click does to a model or an account, each with a way back. */

import { api } from "../promura_site/api.js";
import { announce, offerUndo } from "../promura_site/undo.js";

/** Switch a model or her account on or off, and offer to take it back. */
export async function changeModel(keep, model, changes) {
  const send = async (sent) => keep.model((await api.patch(`/api/models/${model.id}`, sent)).model);
  try {
    await send(changes);
    const message = changes.active
      ? `${model.name} is active again.`
      : `${model.name} is not active any more; her planned posts wait.`;
    offerUndo({
      message,
      undo: async () => {
        await send({ active: !changes.active });
        return `${model.name} is as before.`;
      },
    });
  } catch (error) {
    offerUndo({ message: error.message });
  }
}

/** Take an account out of use, or use it again. */
export async function changeAccount(keep, channel, changes) {
  const send = async (sent) =>
    keep.account((await api.patch(`/api/channels/${channel.id}`, sent)).channel);
  try {
    await send(changes);
    offerUndo({
      message: changes.is_active
        ? `${channel.handle} is in use again.`
        : `${channel.handle} is out of use; its planned posts wait.`,
      undo: async () => {
        await send({ is_active: !changes.is_active });
        return `${channel.handle} is as before.`;
      },
    });
  } catch (error) {
    offerUndo({ message: error.message });
  }
}

/** Let an account go on that a burst has stopped; with posts waiting, the queue asks how. */
export async function release(keep, channel, button) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    const { held_up: held } = await api.get(`/api/channels/${channel.id}/resume`);
    if (held.due + held.late > 0) {
      window.location.assign(`/queue?resume=${channel.id}`);
      return;
    }
    keep.account((await api.post(`/api/channels/${channel.id}/release`)).channel);
    offerUndo({ message: `${channel.handle} goes on.` });
  } catch (error) {
    offerUndo({ message: error.message });
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function whose({ name, handle, external_id: id }) {
  const said = [name, handle].filter(Boolean).join(", ") || id;
  return said ? `It is the account of ${said}.` : "";
}

/** Ask the platform whose account it is, and say what it answers. */
export async function verify(keep, channel, button) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  announce(`Asking ${channel.handle} …`);
  try {
    const { account, channel: checked } = await api.post(`/api/channels/${channel.id}/verify`, undefined, { timeout: 60_000 });
    keep.account(checked);
    offerUndo({ message: [`${channel.handle} answers.`, whose(account)].filter(Boolean).join(" ") });
  } catch (error) {
    // The refusal is kept with the account: fetch what it says of it now.
    const now = await api.get(`/api/channels/${channel.id}`).catch(() => null);
    if (now) keep.account(now.channel);
    offerUndo({ message: `${channel.handle}: ${error.message}` });
  } finally {
    button.removeAttribute("aria-busy");
  }
}
