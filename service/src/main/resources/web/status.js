// What can be the matter with an answer, and what is said of it.

/** While it is under way: `lost` is one that waits for a connection, or for its time to ask again. Over it is done, stopped, cut or failed. */
const UNDER_WAY = ["asked", "streaming", "lost", "resuming"];

/** Whether this turn is an answer that may still grow. */
export const underWay = ({ status }) => UNDER_WAY.includes(status);

/** What is said in the place of an answer's figures while it stands still; nothing while it does not. */
export function words({ status, why }) {
  if (status === "lost") return why || "Connection lost: waiting to go on";
  return status === "resuming" ? "Connected again: catching up" : "";
}

/** The status of an answer that somebody stopped, and the words for it. */
export const STOPPED = ["stopped", "stopped"];

/** The same of one that ended early for a reason that the server gives. */
export function endOf(reason) {
  if (reason === "cancelled") return STOPPED;
  if (reason === "draining") return ["cut", "cut off: the server shut down"];
  if (reason === "max_output_tokens") return ["done", "stopped at the token limit"];
  return ["done", reason === "deadline_exceeded" ? "stopped at its deadline" : reason];
}
