// Reads Rust sources as far as a test of words needs it: string literals, and what each is handed to.

/** A piece of a source that is not a comment. */
export interface Token {
  kind: "text" | "word" | "sign";
  text: string;
}

const LEXEMES = new RegExp(
  [
    String.raw`(?<comment>\/\/[^\n]*|\/\*[^]*?\*\/)`,
    String.raw`(?<raw>b?r(?<hashes>#*)"(?<rawText>[^]*?)"\k<hashes>)`,
    String.raw`(?<plain>b?"(?<plainText>(?:[^"\\]|\\[^])*)")`,
    String.raw`(?<letter>b?'(?:[^'\\\n]|\\[^\n]{1,10}?)')`,
    String.raw`(?<word>'?[A-Za-z_0-9]+)`,
    String.raw`(?<sign>::|=>|[^\s])`,
  ].join("|"),
  "gu",
);

/** The text that a literal between quotes stands for. */
function unescaped(text: string): string {
  const letters: Record<string, string> = { n: "\n", t: "\t", r: "\r", "0": "\0" };
  return text.replace(/\\(?:\n\s*|u\{([0-9a-fA-F]+)\}|x([0-9a-fA-F]{2})|([^]))/g, (_, wide?: string, narrow?: string, letter?: string) => {
    const code = wide ?? narrow;
    if (code !== undefined) return String.fromCodePoint(parseInt(code, 16));
    return letter === undefined ? "" : (letters[letter] ?? letter);
  });
}

/** Everything in a source but comments and letters. */
export function tokens(source: string): Token[] {
  const found: Token[] = [];
  for (const { groups = {} } of source.matchAll(LEXEMES)) {
    if (groups["rawText"] !== undefined) found.push({ kind: "text", text: groups["rawText"] });
    else if (groups["plainText"] !== undefined) found.push({ kind: "text", text: unescaped(groups["plainText"]) });
    else if (groups["word"] !== undefined) found.push({ kind: "word", text: groups["word"] });
    else if (groups["sign"] !== undefined) found.push({ kind: "sign", text: groups["sign"] });
  }
  return found;
}
