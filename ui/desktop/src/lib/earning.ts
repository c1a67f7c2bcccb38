// Made from src-tauri's commands. TESSERA_BINDINGS=write cargo test --workspace --bin tessera-desktop writes it anew.

import type { Failure } from "./failure";

/**  One of them. */
export type Adapter = {
	/**  Its name, by which the settings know it: the second of a name has its number. */
	key: string,
	/**  Its number, as `--gpu` takes it. */
	index: number,
	/**  Vulkan, Metal or DX12, and the driver's version. */
	driver: string,
	/**  Whether it can render, and how well. */
	verdict: Verdict,
	/**  Why it cannot; empty where it can. */
	why: string,
	/**  How hot it was at that look, degrees Celsius, where it tells; a node that runs on it tells it anew. */
	celsius: number | null,
	/**  Its memory in all, MiB, where it tells. */
	memory_mib: number | null,
};

/**  All of them. */
export type Adapters = {
	/**  The strongest first. */
	rows: Adapter[],
	/**  Whether this computer tells when it was last used. */
	tells_idle: boolean,
	/**  Whether it tells where its power comes from. */
	tells_power: boolean,
	/**  Whether it tells which program fills a screen. */
	tells_full_screen: boolean,
};

/**  What the person said last. */
export type AskedWord = 
/**  Work whenever the rules allow. */
"earn" | 
/**  Pause until told otherwise. */
"pause" | 
/**  Pause for an hour. */
"pause_hour" | 
/**  Pause until they are back. */
"pause_until_back" | 
/**  Pause until the next morning. */
"pause_until_tomorrow" | 
/**  Finish the tile, then pause. */
"finishing" | 
/**  Paused, because the tile is finished. */
"finished";

/**  A reason, so that it can be told in any language: a sentence's name in the catalogues, and what is filled in. */
export type Because = {
	/**  The reason's name, as `tessera node status --json` tells it. */
	code: string,
	/**  The sentence's name: `reason.` goes before it. */
	key: string,
	/**  What stands in its braces. */
	values: { [key in string]: string },
};

/**  What a benchmark found. */
export type Benchmark = {
	/**  What was measured. */
	adapter: string,
	/**  Million samples a second, the geometric mean of the scenes × 1000. */
	score: number,
	/**  Credits an hour at the price that is asked, from the slowest to the fastest scene. */
	credits_hour: [number, number],
	/**  One line a scene: its name and million samples a second. */
	scenes: ([string, number])[],
};

/**  What earning does. */
export type EarnPhase = 
/**  Nobody asked for it. */
"off" | 
/**  The adapter is opened. */
"starting" | 
/**  It works for others. */
"working" | 
/**  It will by itself, when somebody has gone, an hour has come, or a tile is there. */
"waiting" | 
/**  It was stopped, by a word or by something that goes on. */
"paused" | 
/**  It is being ended. */
"stopping" | 
/**  It ended by itself. */
"failed";

/**  How earning stands. */
export type EarnState = {
	/**  What it does. */
	phase: EarnPhase,
	/**  The one true reason. */
	because: Because,
	/**  Everything else that forbids work now. */
	also: Because[],
	/**  Rules that are on and cannot be watched here: `full_screen`, `programs`, `temperature`. */
	unseen: string[],
	/**  What the person said last. */
	asked: AskedWord,
	/**  When the pause that they asked for ends, seconds since 1970. */
	until_s: number | null,
	/**  The node's identity; empty before it was connected. */
	node: string,
	/**  What it renders with; empty before it was opened. */
	adapter: string,
	/**  How hot that is, degrees Celsius, where it tells. */
	celsius: number | null,
	/**  Whether the GPU is at a tile now. */
	is_rendering: boolean,
	/**  Results that the coordinator took since earning was started. */
	tiles_done: number,
	/**  How the last pieces of work ended, oldest first. */
	last: TileEnd[],
	/**  Why the coordinator cannot be reached, as the network said it; empty: nothing is wrong. */
	trouble: string,
	/**  Why earning ended, where it ended by itself. */
	failure: Failure | null,
	/**  Each GPU's own node. */
	gpus: GpuState[],
};

/**  One day. */
export type EarnedDay = {
	/**  As in 2026-11-28. */
	date: string,
	/**  Pieces of work that count. */
	tiles: number,
	/**  Credits of each adapter, in the order of [`Earnings::adapters`]. */
	credits: number[],
	/**  How long the GPU was at work for this window, seconds. */
	worked_s: number,
};

/**  One adapter. */
export type EarnedWith = {
	/**  As its driver names it. */
	adapter: string,
	/**  Pieces of work that count. */
	tiles: number,
	/**  Credits. */
	credits: number,
};

/**  What a node earned. Sums are credits as text, to the last digit; days are credits as numbers, to be drawn. */
export type Earnings = {
	/**  Delivered and not yet accepted. */
	held: string,
	/**  Accepted and not yet paid out. */
	posted: string,
	/**  Paid out. */
	paid: string,
	/**  The last thirty local days, the oldest first and today last. */
	days: EarnedDay[],
	/**  Adapters by what they earned in these days, most first; an empty name: nobody wrote down which. */
	adapters: EarnedWith[],
};

/**  How the node of one GPU stands. */
export type GpuState = {
	/**  The GPU's key; empty until it is known which is the strongest. */
	gpu: string,
	/**  What a person sees at a glance. */
	phase: EarnPhase,
	/**  Why. */
	because: Because,
	/**  Rules that are on and cannot be watched here, by name. */
	unseen: string[],
	/**  The node's identity; empty before it was connected. */
	node: string,
	/**  How hot the GPU is, degrees Celsius, where it tells. */
	celsius: number | null,
	/**  Tiles accepted since it started. */
	tiles_done: number,
	/**  Why it failed, until the next start. */
	failure: Failure | null,
};

/**  The rules, field by field. What is off keeps the number that it would have. */
export type RulesForm = {
	/**  Work only when nobody uses the computer. */
	only_when_idle: boolean,
	/**  Minutes without input until then, 1 to 1440. */
	idle_minutes: number,
	/**  Work on the battery too; never below 30 %. */
	on_battery: boolean,
	/**  Pause while a program fills a screen. */
	pause_for_full_screen: boolean,
	/**  Pause while one of these programs runs. */
	apps: string[],
	/**  Hours of the week, Monday 00:00 first: 168. */
	hours: boolean[],
	/**  The same hours as text. Only told: the hours are what counts. */
	schedule: string,
	/**  Rest while the GPU is too hot. */
	limits_heat: boolean,
	/**  How hot it may be, degrees Celsius, 40 to 100. */
	temperature_c: number,
	/**  Share of the GPU's memory for scenes, percent, from the next start on. */
	memory_percent: number,
	/**  Stop for the day when so much was sent. */
	limits_upload: boolean,
	/**  How much, gigabytes. */
	upload_gb: number,
	/**  Send no faster than the line should be used. */
	limits_rate: boolean,
	/**  How fast, megabits a second. */
	upload_mbit: number,
	/**  Disk that stays free, gibibytes. */
	disk_gib: number,
	/**  Work only where one of these judges, by their keys; none: everywhere. */
	referees: string[],
};

/**  How a piece of work ended. */
export type TileEnd = {
	/**  How. */
	outcome: TileOutcome,
	/**  When, seconds since 1970. */
	at_s: number,
	/**  Credits held for it; empty unless it was delivered. */
	credits: string,
	/**  Why it was dropped, failed or judged so, in one sentence. */
	why: string,
};

/**  How it ended. */
export type TileOutcome = 
/**  The coordinator took the result. */
"delivered" | 
/**  The artist refused it, and the referee found it right. */
"judged_right" | 
/**  The artist refused it, and the referee found it wrong. */
"judged_wrong" | 
/**  Handed back unfinished, without blame. */
"given_back" | 
/**  Nobody needed it any more. */
"dropped" | 
/**  It could not be rendered. */
"failed";

/**  What to expect of an adapter. */
export type Verdict = 
/**  A graphics processor. */
"good" | 
/**  The processor does a graphics card's work: slow. */
"software" | 
/**  It cannot render. */
"unfit";
