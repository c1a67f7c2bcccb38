// How a render stands, as a sign.
import type { Outcome } from "./bindings";
import type { Meaning } from "../parts/Sign.svelte";

export const meanings: Record<Outcome, Meaning> = { running: "work", done: "good", stopped: "off", failed: "problem", cut_off: "problem" };
