// What a refused `response.resume` means: the end of the answer, or a reason to ask again later.

/** Statuses below 500 that may be another at another time. */
const PASSING = [408, 421, 425, 429];

/**
 * Of an "error" event: whether asking again is of no use (`final`), else why it has to be, in words, not before how many
 * milliseconds, and whether it takes another connection (`anew`). What has no status came in the middle of a stream.
 */
export function refusal({ status, error: { message, code, headers } }) {
  if (status >= 400 && status < 500 && !PASSING.includes(status)) return { final: true };
  const anew = code === "response_elsewhere"; // Each connection may lead to another server.
  const why = anew ? "Another server has this answer" : `The server does not go on yet (${message})`;
  return { final: false, anew, why, leastMs: Number(headers?.["retry-after"] ?? 0) * 1000 };
}
