// Made from src-tauri's commands. TESSERA_BINDINGS=write cargo test --workspace --bin tessera-desktop writes it anew.

import type { Failure } from "./failure";
import type { EarnState } from "./earning";
import type { UpdateState } from "./updates";

/**  Something from outside. */
export type Arrival = 
/**  A file, as an absolute path. */
{ kind: "file"; 
/**  The path. */
path: string } | 
/**  A `tessera://` link. */
{ kind: "link"; 
/**  The link. */
link: string; 
/**  Whether it shows somebody's job; any other is a coordinator's address. */
is_view: boolean };

/**  One render, running or past. */
export type Card = {
	/**  Its name here. */
	id: string,
	/**  What was asked; "render again" starts from it. */
	order: Order,
	/**  How it stands. */
	outcome: Outcome,
	/**  When it began, seconds since 1970. */
	began_s: number,
	/**  How long it has taken, seconds. */
	elapsed_s: number,
	/**  Share that is done, 0 to 1; never falls. */
	done: number,
	/**  Seconds to go; nothing while it cannot be told honestly. */
	eta_s: number | null,
	/**  Columns; 0 before the scene is open. */
	width: number,
	/**  Rows. */
	height: number,
	/**  Samples per pixel. */
	spp: number,
	/**  Frames in all. */
	frames: number,
	/**  Frames that work has begun on. */
	begun: number[],
	/**  Frames whose files are in place; of a watched render, those that were whole. */
	written: number[],
	/**  Tiles in each frame. */
	tiles: number,
	/**  Tiles of the frame that is shown which have all their samples. */
	tiles_done: number,
	/**  What renders; empty when other machines do. */
	adapter: string,
	/**  Nodes that have worked on it. */
	nodes: number,
	/**  Sealed bytes sent, of a network's render. */
	sent_mib: number,
	/**  Results that nodes sent, of a network's render that has ended. */
	results: number,
	/**  Those of which some pixels were rendered again here. */
	audited: number,
	/**  The job's id, of a network's render. */
	job: string,
	/**  The view-only link by which somebody else's render is watched; empty for one's own. */
	link: string,
	/**  Whether the artist's program is known not to follow the job that is watched: then nodes wait to be admitted. */
	is_artist_away: boolean,
	/**  Whether this computer keeps what is rendered so far, so that it can go on. */
	is_kept: boolean,
	/**  The frames after which it stops, because the person asked for that; nothing while nobody did. Those in [`Card::written`] are whole. */
	finishing: number[] | null,
	/**
	 *  Whether it pauses, or did when it was stopped: what is in hand is finished, and nothing else is begun. Its artist's word, also where
	 *  it is watched.
	 */
	is_paused: boolean,
	/**  How often it was taken up by itself since a person last did. */
	taken_up: number,
	/**  The last finished picture. */
	picture: string,
	/**  Its preview as a PNG. */
	preview: string,
	/**  The unfinished picture, where one was kept. */
	partial: string,
	/**  What a person should know. */
	notes: Note[],
	/**  What went wrong, or what was kept when it was stopped. */
	failure: Failure | null,
};

/**  A quote in the window's words: in each pair what half of such renders need at most, and what nine of ten do. */
export type Forecast = {
	/**  Seconds until the last picture is there; sending the scene is not in them. */
	time_s: [number, number],
	/**  Credits; 0 on this computer. */
	credits: [number, number],
	/**  Nodes that would work; 0: this computer does. */
	nodes: number,
	/**  Those of them whose speed nobody knows yet. */
	nodes_unknown: number,
	/**  Other jobs that share the nodes now. */
	jobs: number,
	/**  What is sent first, MiB. */
	send_mib: number,
};

/**  A coordinator that was found. */
export type Found = {
	/**  As it calls itself. */
	name: string,
	/**  Address and port. */
	place: string,
	/**  What people compare: six groups of three digits. */
	code: string,
	/**  The whole address with the key, to be kept once the codes were compared. */
	address: string,
	/**  Whether its key is that of an address that was kept before: then there is nothing to compare. */
	is_known: boolean,
};

/**  One job. */
export type JobRow = {
	/**  Its id. */
	job: string,
	/**  One of: open, paused, done, cancelled, unknown. */
	state: string,
	/**  Share of its samples that is verified, 0 to 1. */
	done: number,
	/**  Frames in all. */
	frames: number,
	/**  Where its pictures go. */
	output: string,
	/**  Whether there is a view-only link to it. */
	is_shared: boolean,
	/**  Credits paid or held for it so far. */
	cost: number,
};

/**  The jobs, and what could not be asked. */
export type Jobs = {
	/**  One row a job. */
	rows: JobRow[],
	/**  Coordinators that did not answer, and tickets that make no sense, in sentences. */
	silent: string[],
};

/**  Language of the window. */
export type Language = 
/**  As the system has it; English where it is none of these. */
"system" | 
/**  English. */
"en" | 
/**  German. */
"de";

/**  What was looked at. */
export type Looked = {
	/**  Its number; 0 for a still. */
	frame: number,
	/**  How many frames the form asks for. */
	frames: number,
};

/**  The flags that most people never touch; the same words, units and defaults as on the command line. */
export type More = {
	/**  Samples per pixel; 0: the quality's. */
	spp: number,
	/**  Frames per second. */
	fps: number,
	/**  Instant of a still, seconds. */
	time: number,
	/**  How long the shutter is open around each frame, frames, 0 to 1. */
	shutter: number,
	/**  Hole of the camera's lens as on a full-frame camera; 0: the file's. */
	f_stop: number,
	/**  Distance in focus, metres; 0: the file's. */
	focus: number,
	/**  Environment picture; empty: automatic; `none`: black. */
	env: string,
	/**  Factor on its radiance. */
	env_strength: number,
	/**  Its turn, degrees. */
	env_rotate: number,
	/**  Seed. */
	seed: number,
	/**  Scattering events after which a path ends. */
	max_bounces: number,
	/**  `blackman-harris` or `box`. */
	filter: string,
	/**  `multi` or `single`. */
	microfacet: string,
	/**  Largest indirect contribution; 0: off. */
	clamp_indirect: number,
	/**  `node`, `local` or `off`. */
	denoise: string,
	/**  Whether denoised frames that follow each other are averaged where they agree. */
	steady: boolean,
	/**  Weights of the denoiser; empty: the program's own. */
	weights: string,
	/**  Tile edge, pixels; 0: chosen. */
	tile: number,
	/**  Layers to write. */
	layers: string,
	/**  `comp` or `blender`. */
	exr_layout: string,
	/**  `zip`, `zips`, `dwaa` or `none`. */
	compression: string,
	/**  Adapter by number or part of its name; empty: the strongest. */
	gpu: string,
};

/**  What a look around gave. */
export type Nearby = {
	/**  Coordinators that answered, sorted by name. */
	coordinators: Found[],
	/**  Coordinators that announce themselves and could not be spoken with, in sentences. */
	silent: string[],
	/**  Announcements that make no sense or are too many. */
	left_out: number,
};

/**  A remark that came up while it was rendered. */
export type Note = {
	/**  One sentence. */
	text: string,
};

/**  What was handed over. */
export type Offered = {
	/**  Scenes, and what may be one, in the order in which they came. */
	scenes: string[],
	/**  Why something else is not taken. */
	failures: Failure[],
};

/**  One scene and how to render it, as a form holds it. */
export type Order = {
	/**  Scene file. */
	scene: string,
	/**  Picture to write; `####` stands for the frame number. */
	output: string,
	/**  How good. */
	quality: Quality,
	/**  Columns; 0: the camera's. */
	width: number,
	/**  Rows; 0: the camera's. */
	height: number,
	/**  Frames of the animation, as in 1-24 or 1,5-9x2; empty: a still. */
	frames: string,
	/**  Camera by name; empty: the first. */
	camera: string,
	/**  Who renders. */
	place: Place,
	/**  The coordinator's address, for a network. */
	coordinator: string,
	/**  Most micro-credits that a million samples may cost, for a network. */
	max_price: number,
	/**  Keys of the only nodes that may render it, for a network; empty: any. */
	nodes: string,
	/**  Key of whoever judges what is refused, for a network; empty: nobody. */
	referee: string,
	/**  Every other flag. */
	more: More,
};

/**  How a render stands. */
export type Outcome = 
/**  At work. */
"running" | 
/**  All pictures are there. */
"done" | 
/**  The person stopped it; what was done is kept. */
"stopped" | 
/**  It went wrong. */
"failed" | 
/**  The program ended in the middle of it. */
"cut_off";

/**  Who renders. */
export type Place = 
/**  This computer. */
"here" | 
/**  The nodes of a coordinator. */
"network";

/**  A scene that can be rendered, in the window's words. */
export type Preflight = {
	/**  The file. */
	scene: string,
	/**  Its name without folders. */
	name: string,
	/**  Cameras by name. */
	cameras: string[],
	/**  The one that is used when none is chosen; empty: one that frames the scene is made. */
	camera: string,
	/**  Columns when nobody says, with the camera's aspect. */
	width: number,
	/**  Rows. */
	height: number,
	/**  Length of the animation, seconds; 0 without one. */
	animation_s: number,
	/**  Frames that show the whole animation; empty without one. */
	frames: string,
	/**  Triangles, instances counted each. */
	triangles: number,
	/**  Materials of the file. */
	materials: number,
	/**  Pictures of the file. */
	textures: number,
	/**  Lights of the file. */
	lights: number,
	/**  GPU memory that it needs, MiB. */
	memory_mib: number,
	/**  Everything unsupported, missing or chosen, by name. */
	remarks: Remark[],
};

/**  What somebody wants from this program first. */
export type Purpose = 
/**  Render something. */
"render" | 
/**  Earn while idle. */
"earn" | 
/**  Watch a production. */
"watch";

/**  How good a picture is wanted. */
export type Quality = 
/**  To see what is there. */
"draft" | 
/**  To show. */
"good" | 
/**  To keep. */
"max";

/**  One thing that was found. */
export type Remark = {
	/**  Whether the picture will differ from what the file asks for. */
	serious: boolean,
	/**  What it is about, by the file's names; empty: the whole file. */
	place: string,
	/**  One sentence. */
	text: string,
};

/**  Everything that a page draws from, but for the pictures. */
export type Scenery = {
	/**  What the person chose. */
	settings: Settings,
	/**  Renders, newest first. */
	cards: Card[],
	/**  Whether this computer earns. */
	earning: EarnState,
	/**  The program's version. */
	version: string,
	/**  Whether there is a tray to hide in. */
	has_tray: boolean,
	/**  Whether a viewer lies beside this program. */
	has_viewer: boolean,
	/**  How updates stand. */
	update: UpdateState,
};

/**  The person's choices. */
export type Settings = {
	/**  What brought them here; nothing before the first question is answered. */
	purpose: Purpose | null,
	/**  Colours. */
	theme: Theme,
	/**  Words. */
	language: Language,
	/**  Coordinator's address for renders on a network; empty before one was used. */
	coordinator: string,
	/**  Coordinator's address for sharing this computer's GPU. */
	earn_coordinator: string,
	/**  Micro-credits asked for a million samples. */
	earn_price: number,
	/**  What a kilowatt-hour costs the person, in their currency; 0: not entered. */
	kwh_price: number,
	/**  Their currency, as they write it. */
	currency: string,
	/**  What the computer takes while it renders, watts; 0: not entered. */
	watts: number,
	/**  GPUs that earn, by their keys; empty: the strongest. */
	earn_gpus: string[],
	/**  Adapter for own renders, as `--gpu` takes it; empty: the strongest. */
	adapter: string,
	/**  Whether it was said that closing the window leaves the program in the tray. */
	told_of_tray: boolean,
	/**  Whether closing the window ends the program. */
	close_quits: boolean,
	/**  Which updates to look for. */
	updates: UpdateChannel,
	/**  Whether an update that had to wait for work asks again before it restarts the program. */
	updates_ask: boolean,
};

/**  What there is under a picture's name before a render writes it. */
export type Standing = 
/**  Nothing. */
"free" | 
/**  A picture, finished or growing. */
"written" | 
/**  A render that is not finished writes it, or will when it goes on. */
"promised";

/**  Colours of the window. */
export type Theme = 
/**  As the system has it. */
"system" | 
/**  Dark. */
"dark" | 
/**  Light. */
"light";

/**  Which updates the person wants to be looked for. */
export type UpdateChannel = 
/**  None, unless they press the button. */
"never" | 
/**  Releases. */
"stable" | 
/**  Releases, and what will become one. */
"preview";

/**  A word from the person, from the window, the tray or the command line. */
export type Wish = 
/**  Work whenever the rules allow. */
"earn" | 
/**  Pause until told otherwise. */
"pause" | 
/**  Pause for an hour. */
"pause_hour" | 
/**  Pause while the person is away: until they have been away and are back. */
"pause_until_back" | 
/**  Pause until the next morning. */
"pause_until_tomorrow" | 
/**  Finish the tile that is being rendered, then pause. */
"finish_then_pause" | 
/**  Take [`Wish::FinishThenPause`] back; any other pause, also one that was said since, stays. */
"go_on";
