import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { desk } from "../../lib/desk.svelte";
import { speak } from "../../lib/say.svelte";
import type { Adapters, Earnings, EarnPhase, EarnState, GpuState, RulesForm, Scenery, Settings } from "../../lib/bindings";
import AdapterList from "./AdapterList.svelte";
import Income from "./Income.svelte";
import Now from "./Now.svelte";
import Referees from "./Referees.svelte";
import Rules from "./Rules.svelte";
import Schedule from "./Schedule.svelte";

let shown: ReturnType<typeof mount> | undefined;
beforeEach(() => speak("en"));
afterEach(() => {
  if (shown) void unmount(shown);
  document.body.innerHTML = "";
  clearMocks();
});
const find = <E extends HTMLElement>(css: string) => document.querySelector<E>(css) as E;
const settled = () => new Promise((wake) => setTimeout(wake, 0)).then(() => flushSync());

const earning = (change: Partial<EarnState>): EarnState => ({ phase: "working", because: { code: "rendering", key: "rendering", values: {} }, also: [], unseen: [], asked: "earn", until_s: null, node: "", adapter: "card", celsius: null, is_rendering: true, tiles_done: 1, last: [], trouble: "", failure: null, gpus: [], ...change });
const now = (change: Partial<EarnState>) => {
  shown = mount(Now, { target: document.body, props: { earning: earning(change), hasAddress: true } });
};

test("what can be said depends on what was said before", async () => {
  const asked: unknown[] = [];
  mockIPC((command, payload) => void asked.push([command, payload]));
  now({});
  expect([find("#earn"), find("#resume")]).toEqual([null, null]);
  find("#pause").click();
  await settled();
  expect([...document.querySelectorAll("[role=menuitem]")].map((item) => item.textContent)).toEqual(["For an hour", "Until I'm back", "Until tomorrow", "Until I say so"]);
  expect(document.activeElement?.id).toBe("pause-hour");
  find("#pause-tomorrow").click();
  find("#finish").click();
  await settled();
  expect(asked).toEqual([["ask_earning", { wish: "pause_until_tomorrow" }], ["ask_earning", { wish: "finish_then_pause" }]]);
});

test("a paused node offers to go on and says how long it would not", () => {
  now({ phase: "paused", asked: "pause_hour", until_s: Date.now() / 1000 + 3599, because: { code: "paused_for_an_hour", key: "paused_until.today", values: { clock: "15:10" } }, is_rendering: false });
  expect(find("#reason").textContent).toBe("Paused until 15:10");
  expect(find("#countdown").textContent).toMatch(/^59:5\d left$/);
  expect([find("#finish"), find("#resume").textContent]).toEqual([null, "Resume"]);
});

test("ends of tiles are told, the last failure first, and failures in a row are not hidden", () => {
  const end = (outcome: "failed" | "delivered", why: string) => ({ outcome, at_s: 0, credits: "0", why });
  now({ last: [end("delivered", ""), end("failed", "driver reset"), end("failed", "no memory")] });
  expect([...document.querySelectorAll("#tiles [data-outcome]")].map((tile) => (tile as HTMLElement).dataset["outcome"])).toEqual(["delivered", "failed", "failed", "rendering"]);
  expect(find("#tiles").textContent).toContain("failed: no memory");
  expect(document.body.textContent).toContain("2 tiles in a row could not be rendered");
});

test("what a referee found of a tile is told with its reason, and is no failure", () => {
  const end = (outcome: "delivered" | "failed" | "judged_right" | "judged_wrong", why: string) => ({ outcome, at_s: 0, credits: "", why });
  now({ last: [end("failed", "driver reset"), end("judged_right", "64 pixels that were rendered again are what they have to be"), end("judged_wrong", "15 of 16 pixels that were rendered again came out otherwise"), end("delivered", "")] });
  expect(find("#tiles").textContent).toContain("judged wrong, not paid: 15 of 16 pixels");
  expect(find("[data-outcome=judged_right]").title).toContain("judged right, paid: 64 pixels");
  expect(document.body.textContent).not.toContain("in a row");
});

test("what one coordinator answers never stands under the address of another", async () => {
  const questions: { answer: (earnings: Earnings) => void; refuse: (why: unknown) => void }[] = [];
  mockIPC((command) => (command === "earnings" ? new Promise((answer, refuse) => questions.push({ answer, refuse })) : null));
  const earned = (held: string): Earnings => ({ held, posted: "0", paid: "0", days: [], adapters: [] });
  const work = (earn_coordinator: string) => {
    desk.scenery = { settings: { earn_coordinator, watts: 0, kwh_price: 0 } } as Scenery;
  };
  work("tessera://one");
  shown = mount(Income, { target: document.body, props: { get settings() { return desk.scenery?.settings as Settings; }, delivered: 0 } });
  await settled();
  expect(questions).toHaveLength(1);
  work("tessera://two");
  await settled();
  expect(questions).toHaveLength(2);
  questions[0]?.answer(earned("1"));
  await settled();
  expect([find("#sum-held"), find("#income-ask").textContent]).toEqual([null, "Asking the coordinator"]);
  questions[1]?.answer(earned("2"));
  await settled();
  expect(find("#sum-held").textContent).toBe("2 credits");
  work("tessera://three");
  await settled();
  questions[2]?.refuse({ exit: 4, what: "nobody answers", advice: "" });
  await settled();
  expect([find("#sum-held"), find("[role=alert]").textContent?.includes("Nobody answers")]).toEqual([null, true]);
  work("");
  await settled();
  expect(find("[role=alert]")).toBeNull();
});

const week = (allowed: boolean) => Array.from({ length: 168 }, () => allowed);

test("the week is painted with keys alone", async () => {
  const change = vi.fn();
  shown = mount(Schedule, { target: document.body, props: { hours: week(true), text: "always", change } });
  const press = (key: string, shiftKey = false) => find(".week").dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, bubbles: true }));
  expect(document.querySelectorAll("[role=gridcell][tabindex='0']")).toHaveLength(1);
  press("ArrowDown");
  press("End");
  await settled();
  expect(find("[tabindex='0'][role=gridcell]").dataset["cell"]).toBe("47");
  expect(document.activeElement?.getAttribute("aria-label")).toBe("Tuesday 23:00, Earning is allowed");
  press(" ");
  expect(change.mock.lastCall?.[0].filter((hour: boolean) => !hour)).toHaveLength(1);
  expect(change.mock.lastCall?.[0][47]).toBe(false);
});

test("shift and arrows paint on what the cell that one comes from is", () => {
  const change = vi.fn();
  const hours = week(true).map((_, cell) => cell !== 0);
  shown = mount(Schedule, { target: document.body, props: { hours, text: "", change } });
  find(".week").dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", shiftKey: true, bubbles: true }));
  expect(change.mock.lastCall?.[0].slice(0, 3)).toEqual([false, false, true]);
});

test("words that mean no hours are refused beside the field and change nothing", async () => {
  const change = vi.fn();
  mockIPC((command, payload) => {
    if (command === "schedule_hours" && (payload as { text: string }).text === "never") return week(false);
    throw { exit: 2, what: "the schedule cannot be read", advice: "write it as in daily" };
  });
  shown = mount(Schedule, { target: document.body, props: { hours: week(true), text: "always", change } });
  const write = async (text: string) => {
    find<HTMLInputElement>("#schedule-text").value = text;
    find("#schedule-text").dispatchEvent(new Event("change", { bubbles: true }));
    await settled();
  };
  await write("someday");
  expect([find("[role=alert]").textContent?.includes("The schedule cannot be read"), change.mock.calls.length]).toEqual([true, 0]);
  await write("never");
  expect(change).toHaveBeenCalledWith(week(false));
  expect(document.querySelector("[role=alert]")).toBeNull();
});

const form: RulesForm = { only_when_idle: true, idle_minutes: 3, on_battery: false, pause_for_full_screen: true, apps: [], hours: week(true), schedule: "always", limits_heat: true, temperature_c: 75, memory_percent: 80, limits_upload: false, upload_gb: 20, limits_rate: false, upload_mbit: 10, disk_gib: 2, referees: [] };
const adapters: Adapters = { rows: [{ key: "card", index: 0, driver: "", verdict: "good", why: "", celsius: null, memory_mib: null }], tells_idle: false, tells_power: true, tells_full_screen: true };

test("a rule that cannot act here says so, and a change is sent whole at once", async () => {
  const kept: RulesForm[] = [];
  mockIPC((command, payload) => {
    if (command === "earn_rules") return form;
    if (command !== "set_earn_rules") return null;
    const { rules } = payload as { rules: RulesForm };
    if (rules.idle_minutes === 0) throw { exit: 2, what: "the minutes without input cannot be 0", advice: "choose a number from 1 to 1440" };
    kept.push(rules);
    return rules;
  });
  shown = mount(Rules, { target: document.body, props: { adapters, settings: { earn_gpus: [] as string[] } as Settings } });
  await settled();
  expect([...document.querySelectorAll(".warning")].map((warning) => warning.textContent?.split(":")[0])).toEqual(["This session does not tell when it is used", "This GPU does not tell its temperature"]);
  expect(find<HTMLInputElement>("#rule-memory").disabled).toBe(true);
  find("#rule-battery").click();
  await settled();
  expect(kept.at(-1)).toEqual({ ...form, on_battery: true });
  const minutes = find<HTMLInputElement>("#rule-minutes");
  minutes.value = "0";
  minutes.dispatchEvent(new Event("change", { bubbles: true }));
  await settled();
  expect(find("[role=alert]").textContent).toContain("The minutes without input cannot be 0");
  expect([kept.length, minutes.value]).toEqual([1, "0"]);
});

test("a referee's key is looked at while it is typed, and several can be pasted", async () => {
  const change = vi.fn();
  const [one, other] = ["ab".repeat(32), "cd".repeat(32)];
  shown = mount(Referees, { target: document.body, props: { keys: [one], change } });
  const write = (text: string) => {
    const field = find<HTMLInputElement>("#rule-referee");
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    flushSync();
    return [find("#rule-referee-why").textContent, find<HTMLButtonElement>("#rule-referee-add").disabled, field.getAttribute("aria-invalid")];
  };
  expect(write("")).toEqual(["", true, "false"]);
  expect(write("abcdef")).toEqual(["A key has 64 digits; here are 6", true, "true"]);
  expect(write("tessera://host:1#ab")).toEqual(["This is no key: a key has 64 digits, 0 to 9 and a to f", true, "true"]);
  expect(write(` ${one},${other.toUpperCase()} `)).toEqual(["", false, "false"]);
  find("#rule-referee").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  flushSync();
  expect(change).toHaveBeenCalledWith([one, other]);
  expect(find<HTMLInputElement>("#rule-referee").value).toBe("");
  find("#referees button").click();
  expect(change).toHaveBeenLastCalledWith([]);
});

test("each GPU is switched alone, says how it stands, and the last one stays on", async () => {
  const asked: unknown[] = [];
  mockIPC((command, payload) => {
    if (command === "set_settings") asked.push((payload as { settings: Settings }).settings.earn_gpus);
    return null;
  });
  const row = (key: string, index: number) => ({ ...adapters.rows[0], key, index }) as Adapters["rows"][number];
  const because = (key: string) => ({ code: key, key, values: {} });
  const gpu = (key: string, phase: EarnPhase, why: string, failure: GpuState["failure"] = null): GpuState => ({ gpu: key, phase, because: because(why), unseen: [], node: "ab12", celsius: key === "card" ? 61 : null, tiles_done: 0, failure });
  const gpus = [gpu("card", "working", "rendering"), gpu("card #2", "failed", "failed", { exit: 1, what: "the renderer failed again and again", advice: "try again" }), gpu("old", "stopping", "stopping")];
  const settings = { earn_gpus: ["card", "card #2", "old"], language: "en", theme: "dark", watts: 0, kwh_price: 0 } as unknown as Settings;
  desk.scenery = { settings } as Scenery;
  shown = mount(AdapterList, { target: document.body, props: { adapters: { ...adapters, rows: [row("card", 0), row("card #2", 1), row("chip", 2)] }, failure: null, settings, earning: earning({ gpus }) } });
  await settled();
  const boxes = () => [...document.querySelectorAll<HTMLInputElement>("input[name=gpu]")];
  expect(boxes().map((box) => [box.value, box.checked, box.disabled])).toEqual([["card", true, false], ["card #2", true, false], ["chip", false, false], ["old", true, true]]);
  expect(find("[data-gpu=card]").textContent).toContain("Earning: a tile is being rendered");
  expect(find("[data-gpu=card]").textContent).toContain("ab12");
  expect(find("#gpu-list .adapter").textContent).toContain("61 °C");
  expect(find("[role=alert]").textContent).toContain("The renderer failed again and again");
  expect(document.body.textContent).toContain("Not connected");
  boxes()[2]?.click();
  await settled();
  boxes()[0]?.click();
  await settled();
  expect(asked).toEqual([["card", "card #2", "chip", "old"], ["card #2", "old"]]);
  if (shown) void unmount(shown);
  shown = mount(AdapterList, { target: document.body, props: { adapters, failure: null, settings: { ...settings, earn_gpus: [] }, earning: earning({ phase: "off" }) } });
  await settled();
  expect(boxes().map((box) => [box.value, box.checked, box.disabled])).toEqual([["card", true, true]]);
});
