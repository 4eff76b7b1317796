// Makes nodes that are shown the same as new ones, touching only what differs.

/**
 * Puts `wanted` in the place of `shown`, neighbours under `parent` (at its end, where there are none yet), and returns what is
 * then shown: kept nodes where they were alike.
 */
export function mend(parent, shown, wanted) {
  const after = shown.length ? shown.at(-1).nextSibling : null;
  const result = wanted.map((node, index) => {
    const old = shown[index];
    if (old && alike(old, node)) return mended(old, node);
    if (old) old.replaceWith(node);
    else parent.insertBefore(node, after);
    return node;
  });
  shown.slice(wanted.length).forEach((node) => node.remove());
  return result;
}

const alike = (a, b) => a.nodeName === b.nodeName;

function mended(old, node) {
  if (old.nodeType === Node.TEXT_NODE) {
    // Most often only something was added: a selection in the rest then stays.
    if (node.data.startsWith(old.data)) old.appendData(node.data.slice(old.length));
    else old.data = node.data;
    return old;
  }
  for (const { name } of [...old.attributes]) if (!node.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of node.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  mend(old, [...old.childNodes], [...node.childNodes]);
  return old;
}
