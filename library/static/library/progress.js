/** Follow work that goes on in the background. */

import { ApiError, api } from "../promura_site/api.js";

const PAUSE = 500;

const wait = (time) => new Promise((resolve) => setTimeout(resolve, time));

/** Show how far a job is, or nothing with null. */
export function showProgress(line, job) {
  line.hidden = !job;
  const bar = line.querySelector("progress");
  bar.max = job?.total || 1;
  bar.value = job?.done ?? 0;
  line.querySelector("span").textContent = job
    ? `${job.done.toLocaleString("en-GB")} of ${job.total.toLocaleString("en-GB")}`
    : "";
}

/** Return an answer once it is final: that of a job has its result. */
export async function follow(answer, line) {
  if (!answer.job) return answer;
  let { job } = answer;
  while (job.state === "queued" || job.state === "running") {
    showProgress(line, job);
    await wait(PAUSE);
    ({ job } = await api.get(`/api/jobs/${job.id}`));
  }
  if (job.state === "failed") {
    const message = "The work stopped half-way. What it had done by then stays done.";
    throw new ApiError(500, { code: "job_failed", message });
  }
  return { ...answer, ...job.result };
}
