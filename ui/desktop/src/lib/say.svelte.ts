// What the page says, in the person's language. Every visible word stands in a catalogue in ../words; a test holds that.
import de from "../words/de.json";
import en from "../words/en.json";
import type { Language } from "./bindings";

export type Key = keyof typeof en;
export type Tongue = "en" | "de";
export type Values = Record<string, string | number>;

const catalogues: Record<Tongue, Record<Key, string>> = { en, de };
const now: { tongue: Tongue } = $state({ tongue: "en" });

/** The language that is spoken now. */
export function tongue(): Tongue {
  return now.tongue;
}

/** Speaks the language that is chosen; `system` is the system's where there is a catalogue for it, else English. */
export function speak(language: Language, system: string = navigator.language): void {
  const wanted = language === "system" ? system : language;
  now.tongue = wanted.toLowerCase().startsWith("de") ? "de" : "en";
  document.documentElement.lang = now.tongue;
}

/** A sentence, with its {name}s filled in. Numbers are written as the language writes them. */
export function say(key: Key, values: Values = {}): string {
  let said: string = catalogues[now.tongue][key];
  for (const [name, value] of Object.entries(values)) {
    said = said.replaceAll(`{${name}}`, typeof value === "number" ? number(value) : value);
  }
  return said;
}

/** A sentence about a count: its key ends in `.one` or `.many`. */
export function count(stem: string, amount: number, values: Values = {}): string {
  return say(`${stem}.${amount === 1 ? "one" : "many"}` as Key, { count: amount, ...values });
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(now.tongue, { maximumFractionDigits: digits, minimumFractionDigits: 0 }).format(value);
}

/** A share as whole percents; never 100 before it is all. */
export function percent(share: number): string {
  const whole = share >= 1 ? 100 : Math.min(99, Math.floor(Math.max(0, share) * 100));
  return `${number(whole)} %`;
}

/** Seconds as 0:41 or 1:02:03; never negative. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A day and a time. */
export function moment(seconds: number): string {
  return new Intl.DateTimeFormat(now.tongue, { dateStyle: "medium", timeStyle: "short" }).format(seconds * 1000);
}

/** Words of the program as a sentence: with a capital, unless they begin with a file's name. */
export function sentence(text: string): string {
  const [first = ""] = text.split(" ", 1);
  return /[.\\/"]/.test(first) ? text : first.charAt(0).toUpperCase() + text.slice(1);
}

/** The last part of a path, as either kind of system writes it. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).pop() ?? path;
}
