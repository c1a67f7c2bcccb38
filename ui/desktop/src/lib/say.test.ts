import { beforeEach, expect, test } from "vitest";
import { clock, count, fileName, number, percent, say, sentence, speak, tongue } from "./say.svelte";

beforeEach(() => speak("en"));

test("values are filled in, numbers as the language writes them", () => {
  expect(say("found.memory.text", { mib: 1234 })).toBe("1,234 MiB and the picture's own");
  speak("de");
  expect(say("found.memory.text", { mib: 1234 })).toBe("1.234 MiB und der des Bildes");
  expect(number(0.5, 2)).toBe("0,5");
});

test("the system's language is spoken where there is a catalogue for it", () => {
  speak("system", "de-AT");
  expect([tongue(), document.documentElement.lang]).toEqual(["de", "de"]);
  speak("system", "fr-FR");
  expect(tongue()).toBe("en");
});

test("one and many are different sentences", () => {
  expect(count("render.notes", 1)).toBe("One note");
  expect(count("render.notes", 3)).toBe("3 notes");
});

test("a share is never 100 before it is all, and never negative", () => {
  expect([percent(-1), percent(0.999), percent(1)]).toEqual(["0 %", "99 %", "100 %"]);
});

test("times are never negative", () => {
  expect([clock(-3), clock(41), clock(3723)]).toEqual(["0:00", "0:41", "1:02:03"]);
});

test("names are read from both kinds of paths", () => {
  expect([fileName("/a/b c.glb"), fileName("C:\\x\\d.glb")]).toEqual(["b c.glb", "d.glb"]);
});

test("a sentence begins with a capital, a file's name as it is written", () => {
  expect([sentence("no memory is left"), sentence("half.glb is cut off"), sentence("")]).toEqual(["No memory is left", "half.glb is cut off", ""]);
});
