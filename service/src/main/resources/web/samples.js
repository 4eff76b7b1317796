// Prometheus' text format, as far as the page reads it: the sum of a family's samples, also of those with one label's value.

/** `text` as a function of a family's name and, where given, a piece of its labels such as state="used"; null where it has none. */
export function samplesOf(text) {
  const lines = text.split("\n").filter((line) => line && !line.startsWith("#"));
  return (name, label = "") => {
    const values = lines
      .filter((line) => line.startsWith(name) && (line[name.length] === " " || line[name.length] === "{") && line.includes(label))
      .map((line) => Number(line.slice(line.lastIndexOf(" ") + 1)));
    return values.length ? values.reduce((sum, value) => sum + value, 0) : null;
  };
}
