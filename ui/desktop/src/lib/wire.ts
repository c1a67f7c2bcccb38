// The desk's types as it sends them: with every field. What it takes may leave some out, which no part of this page does.
import type {
  Card_Serialize,
  EarnState_Serialize,
  More_Serialize,
  Order_Serialize,
  Scenery_Serialize,
  Settings_Serialize,
} from "./bindings";

export { commands } from "./bindings";
export type {
  Adapters,
  Arrival,
  Benchmark,
  Earnings,
  Failure,
  Jobs,
  Language,
  Outcome,
  Place,
  Preflight,
  Purpose,
  Quality,
  Theme,
} from "./bindings";
export type Card = Card_Serialize;
export type EarnState = EarnState_Serialize;
export type More = More_Serialize;
export type Order = Order_Serialize;
export type Scenery = Scenery_Serialize;
export type Settings = Settings_Serialize;
