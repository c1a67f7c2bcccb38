// Every sentence that the program can tell the window has its German one, and the catalogue holds no others.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sentences, template } from "./rustSentences";
import { tokens } from "./rustText";
import german from "./told.de.json";
import english from "./told.en.json";

const root = join(import.meta.dirname, "../../../..");
const CRATES = ["app", "frame", "render-net", "render-core", "src-tauri"];

/** Sources whose sentences never reach the window, and who hears them instead. */
const ELSEWHERE: [RegExp, string][] = [
  [/\/tests(\.rs$|\/)|\/conformance\.rs$|\/trace\/probe\.rs$/, "tests"],
  [/^app\/src\/(coordinate|demo|demo\/liar|doctor|referee|scene|verify)\.rs$/, "tessera coordinator, demo, doctor, referee, scene check and verify"],
  [/^app\/src\/metrics(\.rs$|\/)/, "tessera coordinator and node --metrics, and who reads these"],
  [/^app\/src\/tev[./]|^frame\/src\/tev\.rs$/, "tessera render --tev and --viewer: the window shows its pictures itself"],
  [/^app\/src\/denoiser\/file\.rs$/, "tessera denoise"],
  [/^app\/src\/earn\/(door|engine|moment|reason)\.rs$/, "tessera node status; the window has these reasons in its own catalogues"],
  [/^frame\/src\/(compare|id)\.rs$|^frame\/src\/exr\/(info|report)\.rs$/, "tessera exr diff and info, and flags that hold ids"],
  [/^frame\/src\/planes?\.rs$/, "a reader of messages, which says only that one is malformed"],
  [/^render-net\/src\/(ledger|market\/audit|store\/)/, "the coordinator's books and their audit"],
  [/^render-net\/src\/receipt\/book\.rs$/, "tessera verify"],
  [/^render-net\/src\/referee(\.rs$|\/)/, "tessera referee"],
  [/^render-net\/src\/coordinator\/blobs\/bucket(\.rs$|\/)/, "tessera coordinator --blobs s3://"],
  [/^src-tauri\/src\/(composing|screen)\.rs$/, "logs, and a terminal while there is no window"],
];

/** What looks like a sentence and is none, and what is said in another way. */
const NO_SENTENCES: [RegExp, string][] = [
  [/^could not \{0\} \{1\}: \{2\}$/, "said with each doing word: could not read {0}: {1}"],
  [/^\(debug build|^score \{0\}$/, "lines of tessera bench"],
  [/^# When this computer/, "the comments of the rules' file"],
  [/^(a program|given back)$/, "a name where there is none; a word for scripts"],
  [/^viewLayer\.|^tessera (1|film|identity) |^tessera\/1\//i, "names of layers, purposes of keys, a file's first bytes"],
  [/^(zip, zips, dwaa, none|comp, blender)$/, "words of flags"],
  [/^\{0\} bytes of \{1\}$|^\{0\} \{1\} to \{2\} \{3\}$/, "a value of an EXR's header in tessera exr info"],
  [/^exit \$0$/, "what the system's shell is handed"],
  [/^missing bytes$/, "by what the codec's sentence is known for a file that ends too soon"],
  [/^Blender Foundation$/, "the folder into which Blender is installed on Windows"],
  [/^job \{0\}$/, "what coordinators that share a database tell each other"],
  [/^(open job|post job|give key|open view|follow view)$/, "names of requests, for logs"],
  [/^\{0\}, (accessor|channel|morph target|texture|buffer view|primitive|sparse|EXT_mesh_gpu_instancing)( \{1\})?$|^camera \{0\}$|^buffer view$/, "places in a glTF file, named as its exporters and the validator name them"],
];

const sources = CRATES.flatMap((crate) =>
  readdirSync(join(root, crate, "src"), { recursive: true, encoding: "utf8" })
    .map((path) => `${crate}/src/${path.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".rs") && !ELSEWHERE.some(([left]) => left.test(path)))
    .sort(),
);
const text = (path: string) => readFileSync(join(root, path), "utf8");

/** The words by which app/src/network.rs knows what an error advises. */
const verbs = (() => {
  const list = /const VERBS[^=]*=\s*\[([^\]]*)\]/.exec(text("app/src/network.rs"))?.[1] ?? "";
  return [...list.matchAll(/"(\w+) "/g)].map((match) => match[1] as string);
})();

/** What the conversion that runs in Blender tells of a scene: the sentences it collects, and what things may be in them. */
const CONVERSION = "integrations/blender/tessera/conversion";
const ofBlender = ["camera", "lights", "materials", "objects"].flatMap((name) => {
  const source = text(`${CONVERSION}/${name}.py`);
  const collected = [...source.matchAll(/(?:told\.append\(|\[\*told, |return (?:0\.0, )?\[)f?(['"])(.*?)\1/g)].map((match) => match[2] as string);
  const things = [...(/^_NO_SURFACE = \{(.*)\}$/m.exec(source)?.[1] ?? "").matchAll(/: "([^"]+)"/g)].map((match) => match[1] as string);
  return [...collected, ...things].map((one) => {
    let hole = 0;
    return [one.replace(/\{[^{}]*\}/g, () => `{${hole++}}`), `${CONVERSION}/${name}.py`] as const;
  });
});

/** Each template, with the first source that tells it. */
const found = new Map([...sources.flatMap((path) => sentences(text(path), verbs).map((one) => [one, path] as const)), ...ofBlender].reverse());
const told = new Map([...found].filter(([one]) => !NO_SENTENCES.some(([none]) => none.test(one))));
const holes = (sentence: string) => [...sentence.matchAll(/\{(\d+)\}/g)].map((match) => match[1]).sort();

test("a source's sentences are found, whatever they are handed to, and what people do not read is not", () => {
  const source = String.raw`
    #[error("the host \"{host}\" is gone: check the {what:?}; {{so}} it is")] // "a comment says nothing"
    fn a(x: &'static str) -> char { tracing::warn!("a log is no sentence"); let c = '"'; name.expect("it is there"); c }
    fn b() { Fault::file("read", p, &e); Fault::usage(format!("{} of {n:>3} \
        frames"), match x { A => "in an arm", B => r#"raw "text" here"# }) }
    fn c() { writeln!(f, "a report for {}", "one reader"); broken(place, ", and {} more") }
    mod tests { fn d() { told("only a test says this {"); } }
    fn e() { help("Check that {file} is there.") }`;
  expect(sentences(source, ["check"])).toEqual([
    'the host "{0}" is gone', "check the {0}", "{so} it is", "could not read {0}: {1}", "{0} of {1} frames", "in an arm", 'raw "text" here',
    "{0}, and {1} more", "check that {0} is there",
  ]);
  expect(template("{a}{b} c {d}")).toBe("{0} c {1}");
});

test("the sources are found", () => {
  expect(verbs).toContain("check");
  expect(sources.length).toBeGreaterThan(150);
  expect(told.size).toBeGreaterThan(500);
  expect(ofBlender.length).toBeGreaterThan(15);
});

test("every sentence that can reach the window has a German one", () => {
  const missing = [...told].filter(([sentence]) => !Object.hasOwn(german, sentence)).map(([sentence, path]) => `${path}: ${sentence}`);
  expect(missing).toEqual([]);
});

test("the catalogue holds only what a source tells", () => {
  // A single word is no sentence; it stands in a hole of one.
  const words = new Set(sources.flatMap((path) => tokens(text(path))).filter(({ kind }) => kind === "text").map((token) => token.text));
  const stale = Object.keys(german).filter((sentence) => !told.has(sentence) && !(/^\w+$/.test(sentence) && words.has(sentence)));
  expect(stale).toEqual([]);
});

test("both say the same with the same holes, and end without a stop", () => {
  for (const [english, translated] of Object.entries(german)) {
    expect(holes(translated), english).toEqual(holes(english));
    expect(translated.trim(), english).not.toBe("");
    expect(translated, english).not.toMatch(/\.$|\s$|^\s/);
    // A template takes a quoted name as one piece, so quotation marks stand around holes only.
    expect(english.replace(/"\{\d+\}"/g, ""), english).not.toContain('"');
  }
});

test("where German leaves a flag out, because a window has none, English does so too", () => {
  const flags = (sentence: string): string[] => sentence.match(/(?<![\w-])--?[a-z][\w-]*|\bthe flag\b/g) ?? [];
  const flagless = Object.entries(german).filter(([sentence, translated]) => flags(sentence).some((flag) => !flags(translated).includes(flag)));
  expect(Object.keys(english).sort()).toEqual(flagless.map(([sentence]) => sentence).sort());
  for (const [sentence, said] of Object.entries(english)) {
    expect(flags(said), sentence).toEqual([]);
    expect(holes(said), sentence).toEqual(holes(sentence));
    expect(said, sentence).not.toMatch(/\.$|\s$|^\s/);
  }
});

test("what is left out is there to be left out", () => {
  const all = CRATES.flatMap((crate) => readdirSync(join(root, crate, "src"), { recursive: true, encoding: "utf8" }).map((path) => `${crate}/src/${path.replaceAll("\\", "/")}`));
  for (const [left, why] of ELSEWHERE) expect(all.some((path) => left.test(path)), why).toBe(true);
  for (const [none, why] of NO_SENTENCES) expect([...found.keys()].some((one) => none.test(one)), why).toBe(true);
});
