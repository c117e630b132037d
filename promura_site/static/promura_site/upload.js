/** Send files with progress, which fetch cannot show. */

import { ApiError, readAnswer } from "./api.js";

/**
 * Post a FormData and resolve to the parsed answer.
 *
 * `onProgress` gets the share sent, 0 to 1. Without a time-out: a clip over a slow
 * line may take its time, and the person can abort by `signal`.
 */
export function upload(path, form, { onProgress, signal } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const token = document.querySelector('meta[name="csrf-token"]')?.content;
    request.open("POST", path);
    request.setRequestHeader("Accept", "application/json");
    if (token) request.setRequestHeader("X-CSRFToken", token);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress?.(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      try {
        resolve(readAnswer(request.status, request.responseText));
      } catch (error) {
        reject(error);
      }
    });
    request.addEventListener("error", () => reject(new ApiError(0, { code: "offline" })));
    request.addEventListener("abort", () => reject(signal.reason));
    if (signal?.aborted) return reject(signal.reason);
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    return request.send(form);
  });
}
