// The desk's types as it sends them: with every field. What it takes may leave some out, which no part of this page does.
import type {
  Adapters_Serialize,
  Card_Serialize,
  EarnState_Serialize,
  More_Serialize,
  Order_Serialize,
  Scenery_Serialize,
  Settings_Serialize,
} from "./bindings";

export { commands } from "./bindings";
export type {
  Arrival,
  Because,
  Benchmark,
  EarnedDay,
  Earnings,
  EarnPhase,
  Failure,
  Found,
  Jobs,
  Language,
  Nearby,
  Outcome,
  Place,
  Preflight,
  Purpose,
  Quality,
  RulesForm,
  Theme,
  TileEnd,
  Wish,
} from "./bindings";
export type Adapters = Adapters_Serialize;
export type Card = Card_Serialize;
export type EarnState = EarnState_Serialize;
export type More = More_Serialize;
export type Order = Order_Serialize;
export type Scenery = Scenery_Serialize;
export type Settings = Settings_Serialize;
