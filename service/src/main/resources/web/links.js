// Where a link that a model wrote may lead: to another site or to a mail, nowhere else.

const SCHEMES = new Set(["http:", "https:", "mailto:"]);

/** The whole address, or null for one that is relative, of another scheme (javascript:, data:, file: ...) or none at all. */
export function whereTo(address) {
  try {
    const url = new URL(address);
    return SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
