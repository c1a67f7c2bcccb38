// Made from src-tauri's commands. TESSERA_BINDINGS=write cargo test --workspace --bin tessera-desktop writes it anew.

/**  What is going on with updates. */
export type UpdatePhase = 
/**  Nothing. */
"resting" | 
/**  The place is being asked. */
"looking" | 
/**  There is nothing newer. */
"latest" | 
/**  The channel offers something older, which is not installed. */
"older" | 
/**  There is something newer, and the person has not said anything to it. */
"found" | 
/**  It is being fetched. */
"fetching" | 
/**  It waits for the person's own renders. */
"waits_for_render" | 
/**  It waits for a tile. */
"waits_for_tile" | 
/**  It has waited, and asks again. */
"asks" | 
/**  It is being installed; the program starts again after that. */
"installing" | 
/**  It did not work. */
"failed";

/**  Where this program's updates come from. */
export type UpdateSource = 
/**  Nobody named a place and a key when it was built: it cannot be updated from within. */
"nowhere" | 
/**  The system's package manager updates it. */
"system" | 
/**  It was not installed from a package, so there is none to replace. */
"built" | 
/**  The place that was named when it was built. */
"place";

/**  How updates stand, as a window shows it. */
export type UpdateState = {
	/**  Where they come from. */
	source: UpdateSource,
	/**  What is going on. */
	phase: UpdatePhase,
	/**  The version that was found; empty before one was. */
	version: string,
	/**  How much of it is here, 0 to 1. */
	fetched: number,
	/**  When it was last looked for, seconds since 1970. */
	looked_s: number | null,
	/**  What went wrong, in [`UpdatePhase::Failed`]. */
	trouble: UpdateTrouble | null,
};

/**  Why an update was not found, or not installed. */
export type UpdateTrouble = 
/**  The place cannot be reached. */
"offline" | 
/**  It answers something that is no list of updates. */
"answer" | 
/**  It has nothing for this system. */
"not_for_this" | 
/**  The package is not signed with the key that this build knows. */
"signature" | 
/**  The package is signed as another version than it is offered as. */
"version" | 
/**  The package is larger than any of ours, or comes over an open connection. */
"package" | 
/**  It could not be written where this program lies. */
"disk" | 
/**  The installer did not do it. */
"installer";
