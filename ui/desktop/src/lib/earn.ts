// What the Earn place works out: sentences, countdowns, a painted week, sums of days. Nothing here asks the desk.
import { clock, count, number, say, tongue, type Key } from "./say.svelte";
import { told } from "./told";
import type { Adapter, Because, EarnedDay, EarnPhase, Earnings, EarnState, TileEnd } from "./bindings";
import type { Meaning } from "../parts/Sign.svelte";

/** Hours of a day, days of a week. */
export const [HOURS, DAYS] = [24, 7] as const;
/** A Monday, to ask for the names of days. */
const MONDAY = Date.UTC(2026, 10, 23);

function because(reason: Because): string {
  return say(`reason.${reason.key}` as Key, reason.values as Record<string, string>);
}

/** Why this computer, or one of its GPUs, earns or not: the same words as in the tray. */
export function sentence(earning: Pick<EarnState, "phase" | "because" | "unseen">): string {
  const said = because(earning.because);
  const [unseen] = earning.unseen;
  if (earning.phase !== "working" || unseen === undefined) return said;
  return say("reason.but", { sentence: said, what: say(`unseen.${unseen}` as Key) });
}

/** Everything else that forbids work now; empty: nothing does. */
export function further(earning: EarnState): string {
  if (earning.also.length === 0) return "";
  return say("earn.also", { reasons: earning.also.map(because).join(" · ") });
}

export function meaningOf(phase: EarnPhase): Meaning {
  const meanings: Record<EarnPhase, Meaning> = { off: "off", starting: "action", working: "work", waiting: "action", paused: "pause", stopping: "action", failed: "problem" };
  return meanings[phase];
}

/** Whether a node runs, with or without work. */
export function isOn(earning: EarnState | undefined): boolean {
  return earning !== undefined && earning.phase !== "off" && earning.phase !== "failed";
}

/** The GPUs that earn, by their keys: those switched on, else the strongest. */
export function earners(chosen: readonly string[], rows: readonly Adapter[]): string[] {
  return chosen.length > 0 ? [...chosen] : rows.slice(0, 1).map((row) => row.key);
}

/** The same with one switched on or off, in the order of the list; the last one stays on. */
export function switched(earning: readonly string[], key: string, on: boolean, rows: readonly Adapter[]): string[] {
  const wanted = on ? [...earning, key] : earning.filter((other) => other !== key);
  if (wanted.length === 0) return [...earning];
  const place = (one: string) => (rows.findIndex((row) => row.key === one) + rows.length + 1) % (rows.length + 1);
  return [...new Set(wanted)].sort((a, b) => place(a) - place(b));
}

/** How long the pause still lasts; empty: it ends by something else than the clock, or there is none. */
export function countdown(earning: EarnState, now_ms: number): string {
  if (earning.phase !== "paused" || earning.until_s === null) return "";
  const left_s = earning.until_s - now_ms / 1000;
  return left_s <= 0 ? "" : say("earn.left", { time: clock(left_s) });
}

/** A tile's end in a sentence. */
export function ending(tile: TileEnd): string {
  const time = new Intl.DateTimeFormat(tongue(), { timeStyle: "short" }).format(tile.at_s * 1000);
  return say(`earn.tile.${tile.outcome}` as Key, { time, credits: credits(tile.credits), why: told(tile.why) });
}

/** Failures in a row up to now; what was given back or dropped does not break the row. */
export function struggle(tiles: TileEnd[]): TileEnd[] {
  const counted = tiles.filter((tile) => tile.outcome !== "given_back" && tile.outcome !== "dropped");
  const good = counted.map((tile) => tile.outcome !== "failed").lastIndexOf(true);
  return counted.slice(good + 1);
}

/** Credits below this are easier to read in millionths. */
const TINY = 0.001;

/** Credits as people read them, with their name. */
export function credits(amount: string | number, digits = 6): string {
  const value = Number(amount);
  if (value > 0 && value < TINY) {
    const micro = value * 1_000_000;
    return count("credits.micro", Number(micro.toFixed(2)), { count: number(micro, 2) });
  }
  return count("credits", value, { count: number(value, digits) });
}

/** An hour of the week, Monday 00:00 first. */
export function hourOf(day: number, hour: number): number {
  return day * HOURS + hour;
}

/** The week with a rectangle painted, from one cell to another, both included. */
export function painted(week: readonly boolean[], from: number, to: number, allowed: boolean): boolean[] {
  const [days, hours] = [[from, to].map((cell) => Math.floor(cell / HOURS)), [from, to].map((cell) => cell % HOURS)];
  const between = (value: number, ends: number[]) => value >= Math.min(...ends) && value <= Math.max(...ends);
  return week.map((was, cell) => (between(Math.floor(cell / HOURS), days) && between(cell % HOURS, hours) ? allowed : was));
}

/** The cell that a key leads to; nothing: the key is not for the grid. */
export function stepped(cell: number, key: string): number | null {
  const [day, hour] = [Math.floor(cell / HOURS), cell % HOURS];
  switch (key) {
    case "ArrowLeft": return hourOf(day, Math.max(0, hour - 1));
    case "ArrowRight": return hourOf(day, Math.min(HOURS - 1, hour + 1));
    case "ArrowUp": return hourOf(Math.max(0, day - 1), hour);
    case "ArrowDown": return hourOf(Math.min(DAYS - 1, day + 1), hour);
    case "Home": return hourOf(day, 0);
    case "End": return hourOf(day, HOURS - 1);
    default: return null;
  }
}

/** Names of the days in the page's language, Monday first. */
export function dayNames(width: "short" | "long"): string[] {
  const name = new Intl.DateTimeFormat(tongue(), { weekday: width, timeZone: "UTC" });
  return Array.from({ length: DAYS }, (_, day) => name.format(MONDAY + day * 86_400_000));
}

/** The hour of the week that it is now. */
export function hourNow(now: Date): number {
  return hourOf((now.getDay() + 6) % DAYS, now.getHours());
}

/** What the last days came to. */
export interface Sum { credits: number; tiles: number; worked_s: number; adapters: number[] }

export function summed(earnings: Earnings, days: number): Sum {
  const sum: Sum = { credits: 0, tiles: 0, worked_s: 0, adapters: earnings.adapters.map(() => 0) };
  for (const day of earnings.days.slice(-days)) {
    sum.credits += total(day);
    sum.tiles += day.tiles;
    sum.worked_s += day.worked_s;
    day.credits.forEach((amount, which) => (sum.adapters[which] = (sum.adapters[which] ?? 0) + amount));
  }
  return sum;
}

export function total(day: EarnedDay): number {
  return day.credits.reduce((sum, amount) => sum + amount, 0);
}

/** What the electricity of some work costs; nothing while price or watts are not entered. */
export function electricity(worked_s: number, watts: number, price: number): { kwh: number; cost: number } | null {
  if (!(watts > 0) || !(price > 0)) return null;
  const kwh = (worked_s / 3600) * (watts / 1000);
  return { kwh, cost: kwh * price };
}

/** An amount in the person's own currency, which is whatever they wrote. */
export function money(amount: number, currency: string): string {
  return `${number(amount, amount < 0.1 ? 4 : 2)} ${currency}`.trim();
}
