// Finds the sentences that a Rust source can tell a person, as templates with numbered holes: "could not {0} {1}: {2}".
//
// Every string literal of two words or more is taken for one, wherever it stands: in an error's attribute, a match arm, or
// a helper's argument. Left out is what is handed to something that people do not read. So nobody has to remember to mark
// a new sentence; what is no sentence is named in the test.
import { tokens, type Token } from "./rustText";

/** What takes words that no window shows: panics, logs, reports of the command line, keys, labels, attributes. */
const UNREAD =
  /(^|\.)expect$|^#?expect$|^cfg_attr$|^tracing::\w+!$|assert(_\w+)?!$|^panic!$|^unreachable!$|^e?println!$|^e?print!$|^writeln!$|^concat!$|derive_key$|^derive$|\.close$|^bound$|\.storage$|\.prepare_cached$|\.starts_with$|\.strip_prefix$|^anyhow::anyhow!$/;
/** What takes a doing word first, "read", and says "could not read x.glb: why" with it. */
const DOING = /^Fault::file$|^exr_fault$/;
/** How an importer's help is written down; it is shown as every other advice, with a small letter and without a stop. */
const HELP = /^[A-Z][^]* [^]*\.$/;

/** Calls that are open around a token, each with its name. */
class Calls {
  private readonly open: { sign: string; name: string; begins: number }[] = [];

  constructor(private readonly all: Token[]) {}

  enter(at: number): void {
    let name = "";
    for (let back = at - 1; back >= 0; back--) {
      const { kind, text } = this.all[back] as Token;
      if (kind === "text" || (kind === "sign" && !["::", "!", ".", "#"].includes(text))) break;
      // Two words side by side: the first is a keyword.
      if (kind === "word" && /^\w/.test(name)) break;
      name = text + name;
    }
    this.open.push({ sign: (this.all[at] as Token).text, name, begins: at });
  }

  leave(): void {
    this.open.pop();
  }

  /** Whether people read what stands here; only calls count, up to the block that is around them. */
  isRead(): boolean {
    for (let at = this.open.length - 1; at >= 0; at--) {
      const { sign, name } = this.open[at] as { sign: string; name: string };
      if (UNREAD.test(name)) return false;
      if (sign === "{") return true;
    }
    return true;
  }

  inner(): { name: string; begins: number } {
    return this.open.at(-1) ?? { name: "", begins: -1 };
  }
}

/** Skips what stands in braces; gives the place of the closing one. */
function afterBraces(all: Token[], at: number): number {
  let depth = 0;
  for (let on = at; on < all.length; on++) {
    const { kind, text } = all[on] as Token;
    if (kind !== "sign") continue;
    if (text === "{") depth += 1;
    if (text === "}" && --depth === 0) return on;
  }
  return all.length;
}

const isModuleOfTests = (all: Token[], at: number): boolean =>
  all[at]?.text === "{" && all[at - 1]?.text === "tests" && all[at - 2]?.text === "mod";

/** The text of a format string with its holes numbered as they come. Holes side by side are one, and what begins with a
 * comma goes on from something. */
export function template(text: string): string {
  let holes = 0;
  const help = HELP.test(text) ? text.charAt(0).toLowerCase() + text.slice(1, -1) : text;
  const whole = help.startsWith(", ") ? `{}${help}` : help;
  return whole
    .replace(/(\{[^{}]*\})(?:\{[^{}]*\})+/g, "$1")
    .replace(/\{\{|\}\}|\{[^{}]*\}/g, (hole) => (hole === "{{" || hole === "}}" ? (hole[0] as string) : `{${holes++}}`))
    .trim();
}

/** An error's text where it says what happened and what to do: the window shows them apart. */
export function apart(text: string, verbs: string[]): string[] {
  const cut = new RegExp(`^([^]*)[:;] +((?:${verbs.join("|")}) [^]*)$`).exec(text);
  const parts = cut === null ? [text] : [cut[1] as string, cut[2] as string];
  return parts.flatMap((part) => part.split("; "));
}

const isWorded = (text: string): boolean => /[a-z]{2}/.test(text.replace(/\{[^{}]*\}/g, ""));
/** Two words at least, or a hole and a word: "could not", "{} frames". */
const isSentence = (text: string): boolean => text.trim().includes(" ") && isWorded(text);

/** The templates of a source, each once; `verbs` begin what an error advises. */
export function sentences(source: string, verbs: string[]): string[] {
  const all = tokens(source);
  const calls = new Calls(all);
  const found = new Set<string>();
  for (let at = 0; at < all.length; at++) {
    const { kind, text } = all[at] as Token;
    if (isModuleOfTests(all, at)) at = afterBraces(all, at);
    else if (kind === "sign" && "([{".includes(text)) calls.enter(at);
    else if (kind === "sign" && ")]}".includes(text)) calls.leave();
    else if (kind === "text" && calls.isRead()) {
      const { name, begins } = calls.inner();
      const parts = name === "error" ? apart(text, verbs) : [text];
      if (DOING.test(name) && begins === at - 1) found.add(template(`could not ${text} {}: {}`));
      else if (isSentence(text)) for (const part of parts.filter(isWorded)) found.add(template(part));
    }
  }
  return [...found];
}
