// The program's own sentences, of errors and warnings, in the person's language.
//
// The program tells them in English wherever it runs: on a command line, in a log, to a script. Here each is found again by
// its template in ../words/told.de.json, with what stands in the holes translated in turn, for an error is often told
// inside another. Names and numbers stay, and so does every sentence that has no template. A test reads the program's
// sources and holds that each of their sentences has one. In English only those are told otherwise that advise a flag:
// a window has none.
import german from "../words/told.de.json";
import english from "../words/told.en.json";
import { tongue, type Tongue } from "./say.svelte";

/** Sentences that are longer come from no template: they carry somebody else's text. */
const LENGTH_MAX = 4000;
/** How deep errors are told inside errors. */
const DEPTH_MAX = 8;
const REMEMBERED_MAX = 500;
/** Parts that are looked up for one sentence at most: what is joined often could else be taken apart in very many ways. */
const LOOKUPS_MAX = 100;

interface Join {
  between: string;
  said: Record<Tongue, string>;
  /** Whether both sides must be known. */
  whole: boolean;
}

/** How sentences are put together, with what joins them in each language. The first is nearest to the whole. */
const JOINS: Join[] = [
  { between: "; ", said: { en: "; ", de: "; " }, whole: false },
  { between: ": ", said: { en: ": ", de: ": " }, whole: false },
  { between: " and ", said: { en: " and ", de: " und " }, whole: true },
];
const TWO_SENTENCES: Join = { between: "; ", said: { en: "; ", de: "; " }, whole: true };

interface Template {
  /** What stands before, between and after the holes. */
  literals: string[];
  said: string;
}

interface Book {
  exact: Map<string, string>;
  /** Most letters of their own first. */
  holed: Template[];
}

const catalogues: Record<Tongue, Record<string, string>> = { en: english, de: german };
const books: Partial<Record<Tongue, Book>> = {};
let lookups = 0;
let rememberedIn: Tongue = "en";
const remembered = new Map<string, string>();

/** Quotation marks around a hole belong to what is in it: `"{0}"` is `{0}`. */
const bare = (text: string): string => text.replace(/"(\{\d+\})"/g, "$1");

function compiled(catalogue: Record<string, string>): Book {
  const exact = new Map<string, string>();
  const holed: Template[] = [];
  for (const [sentence, translated] of Object.entries(catalogue)) {
    const literals = bare(sentence).split(/\{\d+\}/);
    if (literals.length === 1) exact.set(sentence, translated);
    else holed.push({ literals, said: bare(translated) });
  }
  const own = ({ literals }: Template): number => literals.join("").length;
  holed.sort((one, other) => own(other) - own(one));
  return { exact, holed };
}

/** What stands in a template's holes, none empty; nothing where it does not fit. Never goes back: each literal is taken
 * where it comes first, so that the time is that of one walk through the sentence, whatever it says. */
function holes(literals: string[], sentence: string): string[] | null {
  const [first = "", last = ""] = [literals[0], literals.at(-1)];
  const end = sentence.length - last.length;
  if (!sentence.startsWith(first) || !sentence.endsWith(last)) return null;
  const found: string[] = [];
  let from = first.length;
  for (const literal of literals.slice(1, -1)) {
    const at = sentence.indexOf(literal, from + 1);
    if (at < 0) return null;
    found.push(sentence.slice(from, at));
    from = at + literal.length;
  }
  if (from >= end) return null;
  found.push(sentence.slice(from, end));
  return found;
}

function joined(sentence: string, { between, said, whole }: Join, depth: number): string | null {
  const at = sentence.indexOf(between);
  if (at < 0) return null;
  const [before, after] = [sentence.slice(0, at), sentence.slice(at + between.length)];
  const [one, other] = [translated(before, depth + 1), translated(after, depth + 1)];
  const fits = whole ? one !== null && other !== null : one !== null || other !== null;
  return fits ? (one ?? before) + said[tongue()] + (other ?? after) : null;
}

/** A sentence that is no template's but put together from some. */
function takenApart(sentence: string, depth: number): string | null {
  if (sentence.endsWith(".")) {
    const turned = translated(sentence.slice(0, -1), depth + 1);
    return turned === null ? null : `${turned}.`;
  }
  for (const join of JOINS) {
    const turned = joined(sentence, join, depth);
    if (turned !== null) return turned;
  }
  return null;
}

/** A sentence in the language that is spoken; nothing where no template fits it. */
function translated(sentence: string, depth: number): string | null {
  if (depth > DEPTH_MAX || ++lookups > LOOKUPS_MAX) return null;
  const book = (books[tongue()] ??= compiled(catalogues[tongue()]));
  const exact = book.exact.get(sentence);
  if (exact !== undefined) return exact;
  for (const { literals, said } of book.holed) {
    const found = holes(literals, sentence);
    if (found === null) continue;
    // A hole at the end would take the next sentence with it.
    const two = found.some((hole) => hole.includes(TWO_SENTENCES.between)) ? joined(sentence, TWO_SENTENCES, depth) : null;
    if (two !== null) return two;
    return said.replace(/\{(\d+)\}/g, (_, number: string) => {
      const hole = found[Number(number)] ?? "";
      return translated(hole, depth + 1) ?? hole;
    });
  }
  return takenApart(sentence, depth);
}

/** The same with everything between quotation marks put aside: a name may hold words and signs of a template. */
function withNames(sentence: string): string {
  const names: string[] = [];
  const isPlain = !/[\uE000-\uF8FF]/.test(sentence);
  const masked = isPlain ? sentence.replace(/"(?:[^"\\]|\\.)*"/g, (name) => String.fromCharCode(0xe000 + names.push(name) - 1)) : sentence;
  lookups = 0;
  const said = translated(masked, 0);
  if (said === null) return sentence;
  return isPlain ? said.replace(/[\uE000-\uF8FF]/g, (mark) => names[mark.charCodeAt(0) - 0xe000] ?? mark) : said;
}

/** A sentence of the program in the language that is spoken now; as it is where it has no translation. */
export function told(sentence: string): string {
  if (sentence.length > LENGTH_MAX) return sentence;
  if (rememberedIn !== tongue()) remembered.clear();
  rememberedIn = tongue();
  const known = remembered.get(sentence);
  if (known !== undefined) return known;
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  const said = withNames(sentence);
  remembered.set(sentence, said);
  return said;
}
