// How a render stands, as a sign and in words.
import type { Card, Outcome } from "./bindings";
import type { Meaning } from "../parts/Sign.svelte";
import { count, say } from "./say.svelte";

const meanings: Record<Outcome, Meaning> = { running: "work", done: "good", stopped: "off", failed: "problem", cut_off: "problem" };

type Standing = Pick<Card, "outcome" | "is_paused">;
const isPaused = (card: Standing) => card.outcome === "running" && card.is_paused;

/** The sign of how a render stands. */
export const meaningOf = (card: Standing): Meaning => (isPaused(card) ? "pause" : meanings[card.outcome]);
/** The same in words. */
export const standing = (card: Standing): string => (isPaused(card) ? say("outcome.paused") : say(`outcome.${card.outcome}`));

/** Frames that are named one by one; more are counted. */
const NAMED_MAX = 6;

/** After which frames a render stops, in a sentence; nothing while nobody asked for that. */
export function finishingWords(card: Pick<Card, "finishing" | "written">): string | null {
  if (card.finishing === null) return null;
  const left = card.finishing.filter((frame) => !card.written.includes(frame));
  if (left.length === 0) return say("render.finishing.none");
  if (left.length > NAMED_MAX) return say("render.finishing.count", { count: left.length });
  return count("render.finishing", left.length, { frames: left.join(", ") });
}
