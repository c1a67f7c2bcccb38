import { beforeEach, expect, test } from "vitest";
import { speak } from "./say.svelte";
import { told } from "./told";

beforeEach(() => speak("de"));

test("in English a sentence is as the program told it", () => {
  speak("en");
  expect(told("nobody answers")).toBe("nobody answers");
  expect(told('could not read "a": permission denied; check the path')).toBe('could not read "a": permission denied; check the path');
});

test("a window has no flags, so none is advised in English either, wherever the advice stands", () => {
  speak("en");
  expect(told("make it or choose another place with -o")).toBe("make it or choose another place");
  expect(told("put #### where the frame number goes, as in -o film.####.exr")).toBe("put #### where the frame number goes, as in film.####.exr");
  expect(told("DWAA is lossy and would change the numbers in Z; use --compression zip, or leave them out with --layers beauty")).toBe(
    "DWAA is lossy and would change the numbers in Z; use ZIP, or leave them out, with these layers: beauty",
  );
});

test("a sentence that was told in one language is told anew in the other", () => {
  const advice = "choose another name with -o";
  expect(told(advice)).toBe("wähle einen anderen Namen");
  speak("en");
  expect(told(advice)).toBe("choose another name");
});

test("a sentence is found with its values, wherever they stand in German", () => {
  expect(told("2 of 5 frames failed")).toBe("2 von 5 Einzelbildern sind gescheitert");
  expect(told('the picture needs about 40 MiB and 3 MiB are free in "/tmp"')).toBe('das Bild braucht etwa 40 MiB, und in "/tmp" sind 3 MiB frei');
  expect(told('could not make the folder "a": the disk is full')).toBe('der Ordner "a" ließ sich nicht anlegen: die Platte ist voll');
});

test("an error inside an error is translated too", () => {
  expect(told("not connected, trying again: nobody answers: check that the coordinator runs and that UDP is let through")).toBe(
    "nicht verbunden, neuer Versuch folgt: niemand antwortet: prüfe, ob der Koordinator läuft und UDP durchgelassen wird",
  );
  expect(told('frame 3 stays noisy, wholly or in parts: "n.tdn" cannot be used: the tensor enc.0 is missing')).toBe(
    'Einzelbild 3 bleibt ganz oder teilweise verrauscht: "n.tdn" ist nicht zu gebrauchen: der Tensor enc.0 fehlt',
  );
  expect(told('the render was stopped; 2 finished frames are kept and frame 3 so far is in "x.part.exr"')).toBe(
    'das Rendering wurde angehalten; 2 fertige Einzelbilder bleiben erhalten und was von Einzelbild 3 fertig ist, liegt in "x.part.exr"',
  );
});

test("two sentences in one are told apart", () => {
  expect(told("DWAA is lossy and would change the numbers in Z; use --compression zip, or leave them out with --layers beauty")).toBe(
    "DWAA ist verlustbehaftet und würde die Zahlen in Z ändern; nimm ZIP, oder lass sie weg, mit diesen Ebenen: beauty",
  );
  expect(told('no camera is named "b"; the scene has "a"')).toBe('keine Kamera heißt "b"; die Szene hat "a"');
});

test("a scene's remark keeps the place in the file, and its stop where it has one", () => {
  expect(told('node 3 "Bottle", primitive 0: it has no positions and is left out.')).toBe('node 3 "Bottle", primitive 0: die Positionen fehlen; es wird weggelassen.');
  expect(told("the extension KHR_materials_dispersion is not supported; glass bends all colours alike, here and in 2 more places")).toBe(
    "die Erweiterung KHR_materials_dispersion wird nicht unterstützt; Glas bricht alle Farben gleich, hier und an 2 weiteren Stellen",
  );
});

test("names stay as they are, whatever is in them", () => {
  for (const name of ["{0} $& {1}.exr", "Übung – süß.exr", "a: nobody answers; b.exr", "it does not exist", 'C:\\x and y', 'a \\" b']) {
    expect(told(`could not read "${name}": permission denied`)).toBe(`"${name}" ließ sich nicht lesen: der Zugriff ist nicht erlaubt`);
  }
  expect(told("half.glb is not usable: it ends inside the header")).toBe("half.glb ist nicht zu gebrauchen: sie endet mitten im Kopf");
});

test("a sentence that nobody knows stays, and so does a part of one", () => {
  for (const one of ["", "Der Text ist schon deutsch", "something else happened here", '"unpaired', "a\uE000b"]) expect(told(one)).toBe(one);
  expect(told('could not read "a": Interrupted system call (os error 4)')).toBe('"a" ließ sich nicht lesen: Interrupted system call (os error 4)');
});

test("a sentence that wants to keep us busy does not", () => {
  const hostile = [
    "could not read ".repeat(800),
    '"'.repeat(10_000),
    "a: ".repeat(1_300),
    "x; y: z and ".repeat(330),
    `the job was stopped (${"(); ".repeat(950)}`,
    "not connected, trying again: ".repeat(130),
  ];
  const began = performance.now();
  for (const sentence of hostile) expect(told(sentence).length).toBeLessThan(20_000);
  for (let at = 0; at < 2_000; at++) told(`frame ${at} failed: nobody answers`);
  // A tenth of a second on an idle machine; going back and forth through such a sentence would take years.
  expect(performance.now() - began).toBeLessThan(20_000);
  expect(told("frame 7 failed: nobody answers")).toBe("Einzelbild 7 ist gescheitert: niemand antwortet");
});
