// Both catalogues are whole, and nothing that people read stands anywhere else.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "svelte/compiler";
import { expect, test } from "vitest";
import de from "./de.json";
import en from "./en.json";

const source = join(import.meta.dirname, "..");
const components = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".svelte"));
const names = (sentence: string) => [...sentence.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

test("both languages say the same things with the same values", () => {
  expect(Object.keys(de)).toEqual(Object.keys(en));
  for (const [key, sentence] of Object.entries(en)) {
    expect(names(de[key as keyof typeof de]), key).toEqual(names(sentence));
    expect(de[key as keyof typeof de].trim(), key).not.toBe("");
  }
});

/** Attributes that people see or hear. */
const SPOKEN = ["title", "placeholder", "alt", "aria-label", "label", "legend", "hint", "detail"];
/** What is no word of any language: signs between words, and the beginning of an address. */
const WORDLESS = /^[\s·×‹#/:()%.,-]*$|^tessera:\/\/$/;

interface Node { type: string; [key: string]: unknown }

/** Every literal text that a component shows. */
function shown(node: unknown, found: string[] = []): string[] {
  if (Array.isArray(node)) node.forEach((child) => shown(child, found));
  else if (node !== null && typeof node === "object") {
    const { type, ...rest } = node as Node;
    if (type === "Text") found.push(String(rest["data"]));
    if (type === "Attribute") {
      if (SPOKEN.includes(String(rest["name"]))) {
        for (const part of [rest["value"]].flat() as Node[]) if (part?.type === "Text") found.push(String(part["data"]));
      }
      return found;
    }
    if (type === "StyleSheet" || type === "Script" || type === "StyleDirective") return found;
    Object.values(rest).forEach((child) => shown(child, found));
  }
  return found;
}

test("the search for words finds them", () => {
  const seen = shown(parse('<p title="Seen">Hello {name} <b class="not">·</b></p>', { modern: true }).fragment);
  expect(seen.filter((text) => !WORDLESS.test(text))).toEqual(["Seen", "Hello "]);
});

test.each(components)("%s holds no words of its own", (path) => {
  const ast = parse(readFileSync(join(source, path), "utf8"), { modern: true });
  expect(shown(ast.fragment).filter((text) => !WORDLESS.test(text))).toEqual([]);
});

test("every key that is spoken is in the catalogue, and every key of the catalogue is spoken", () => {
  const shell = ["tray", "traymenu", "herald", "updating", "choosing", "notice"].map((name) => readFileSync(join(source, `../../../src-tauri/src/${name}.rs`), "utf8")).join("\n");
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((path) => /\.(svelte|ts)$/.test(path) && !path.includes("test"));
  const code = files.map((path) => readFileSync(join(source, path), "utf8")).join("\n") + shell;
  const exact = new Set([...code.matchAll(/(?:say|words\.say)\(\s*"([\w.]+)"/g)].map((match) => match[1] as string));
  for (const key of exact) expect(Object.keys(en)).toContain(key);
  // `say(`quality.${value}`)` and `count("found.serious", …)` speak families of keys.
  const families = [...code.matchAll(/(?:say|count)\(\s*[`"]([\w.]+?)\.?(?:\$\{|")/g)].map((match) => match[1] as string);
  const quoted = new Set([...code.matchAll(/"([a-z]\w*\.[\w.]+)"/g)].map((match) => match[1] as string));
  const unspoken = Object.keys(en).filter((key) => !exact.has(key) && !quoted.has(key) && !families.some((family) => key.startsWith(`${family}.`)));
  expect(unspoken).toEqual([]);
});
