import { beforeEach, expect, test } from "vitest";
import { countdown, credits, dayNames, earners, electricity, ending, further, hourNow, hourOf, isOn, money, painted, sentence, stepped, struggle, summed, switched } from "./earn";
import { speak } from "./say.svelte";
import type { Adapter, Earnings, EarnState, TileEnd } from "./bindings";

const state = (change: Partial<EarnState>): EarnState => ({
  phase: "working",
  because: { code: "rendering", key: "rendering", values: {} },
  also: [],
  unseen: [],
  asked: "earn",
  until_s: null,
  node: "",
  adapter: "",
  celsius: null,
  is_rendering: true,
  tiles_done: 0,
  last: [],
  trouble: "",
  failure: null,
  gpus: [],
  ...change,
});
const tile = (outcome: TileEnd["outcome"], why = ""): TileEnd => ({ outcome, at_s: 0, credits: "0.000064", why });

beforeEach(() => speak("en"));

test("one sentence says why, with its values, and what cannot be watched only while it works", () => {
  const program = { code: "full_screen", key: "full_screen", values: { program: "Night Race" } };
  expect(sentence(state({ phase: "paused", because: program, unseen: ["temperature"] }))).toBe("Paused: Night Race is full-screen");
  expect(sentence(state({ unseen: ["temperature"] }))).toBe("Earning: a tile is being rendered, but the GPU's temperature cannot be seen here");
  speak("de");
  expect(sentence(state({ phase: "paused", because: program }))).toBe("Pausiert: Night Race füllt den Bildschirm");
});

test("other reasons are told beside the first", () => {
  const also = [{ code: "on_battery", key: "on_battery", values: {} }];
  expect(further(state({ also }))).toBe("Also: Paused: this computer runs on its battery");
  expect(further(state({}))).toBe("");
});

test("a pause is counted down by the clock and never below nothing", () => {
  const paused = state({ phase: "paused", until_s: 4000 });
  expect(countdown(paused, 400_000)).toBe("1:00:00 left");
  expect([countdown(paused, 4_000_000), countdown(state({ until_s: 4000 }), 0)]).toEqual(["", ""]);
});

test("a node is on from its start to its end", () => {
  expect(["off", "failed", "starting", "paused", "stopping"].map((phase) => isOn(state({ phase: phase as EarnState["phase"] })))).toEqual([false, false, true, true, true]);
  expect(isOn(undefined)).toBe(false);
});

test("the strongest GPU earns unless others are switched on, and one always does", () => {
  const rows = ["Card", "Card #2", "Chip"].map((key, index) => ({ key, index }) as Adapter);
  expect(earners([], rows)).toEqual(["Card"]);
  expect(earners(["Chip"], rows)).toEqual(["Chip"]);
  expect(switched(["Chip"], "Card", true, rows)).toEqual(["Card", "Chip"]);
  expect(switched(["Card", "Chip"], "Card", false, rows)).toEqual(["Chip"]);
  expect(switched(["Chip"], "Chip", false, rows)).toEqual(["Chip"]);
  expect(switched(["Gone", "Chip"], "Card", true, rows)).toEqual(["Card", "Chip", "Gone"]);
});

test("only failures in a row are trouble", () => {
  expect(struggle([tile("failed"), tile("delivered"), tile("failed", "a"), tile("given_back"), tile("failed", "b")]).map((one) => one.why)).toEqual(["a", "b"]);
  expect(struggle([tile("failed"), tile("delivered")])).toEqual([]);
});

test("a tile's end is told with its credits or its reason", () => {
  expect(ending(tile("delivered"))).toMatch(/: delivered, 64 micro-credits held$/);
  expect(ending(tile("failed", "no memory"))).toMatch(/: failed: no memory$/);
});

test("sums are told in credits, and tiny ones in millionths of them", () => {
  expect([credits("1234.500000"), credits(1), credits(0), credits(0.001), credits("0.000016"), credits(0.000001), credits(0.12345, 2)]).toEqual(
    ["1,234.5 credits", "1 credit", "0 credits", "0.001 credits", "16 micro-credits", "1 micro-credit", "0.12 credits"],
  );
});

test("a rectangle of hours is painted whichever way it is drawn", () => {
  const week = Array.from({ length: 168 }, () => false);
  const there = painted(week, hourOf(1, 20), hourOf(3, 22), true);
  expect(there.filter(Boolean)).toHaveLength(9);
  expect(painted(week, hourOf(3, 20), hourOf(1, 22), true)).toEqual(there);
  expect(painted(there, hourOf(0, 0), hourOf(6, 23), false)).toEqual(week);
});

test("keys move about the week and stop at its edges", () => {
  expect([stepped(0, "ArrowUp"), stepped(0, "ArrowLeft"), stepped(0, "ArrowDown"), stepped(5, "End"), stepped(167, "ArrowRight"), stepped(3, "a")]).toEqual([0, 0, 24, 23, 167, null]);
});

test("the week begins on Monday", () => {
  expect(dayNames("short")).toEqual(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]);
  expect(hourNow(new Date(2026, 10, 29, 23))).toBe(167);
});

test("days add up by adapter, and electricity costs what was entered", () => {
  const day = (credits: number[], worked_s: number) => ({ date: "", tiles: 1, credits, worked_s });
  const earnings: Earnings = { held: "0", posted: "0", paid: "0", adapters: [{ adapter: "a", tiles: 2, credits: 3 }, { adapter: "b", tiles: 1, credits: 4 }], days: [day([1, 0], 10), day([2, 4], 3600)] };
  expect(summed(earnings, 1)).toEqual({ credits: 6, tiles: 1, worked_s: 3600, adapters: [2, 4] });
  expect(summed(earnings, 30).credits).toBe(7);
  expect(electricity(7200, 250, 0.4)).toEqual({ kwh: 0.5, cost: 0.2 });
  expect([electricity(7200, 0, 0.4), electricity(7200, 250, 0)]).toEqual([null, null]);
  expect([money(0.0312, "€"), money(1234.5, "")]).toEqual(["0.0312 €", "1,234.5"]);
});
