// Names of pictures: a film needs a place for the frame's number, and whoever chose a name keeps it.

/** Where a frame's number stands in a name. */
const NUMBER = "####";

/** The same name, with a place for the frame's number or without one. A folder may hold dots and signs of its own. */
export function numbered(output: string, isSequence: boolean): string {
  const at = Math.max(output.lastIndexOf("/"), output.lastIndexOf("\\")) + 1;
  const [folder, name] = [output.slice(0, at), output.slice(at)];
  if (name.includes(NUMBER) === isSequence) return output;
  if (!isSequence) return folder + name.replace(/[._-]?####/, "");
  const dot = name.lastIndexOf(".");
  return folder + (dot <= 0 ? `${name}.${NUMBER}` : `${name.slice(0, dot)}.${NUMBER}${name.slice(dot)}`);
}
