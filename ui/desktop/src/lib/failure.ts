// Made from src-tauri's commands. TESSERA_BINDINGS=write cargo test --workspace --bin tessera-desktop writes it anew.

/**  What went wrong: one sentence that says what happened, one that says what to do. */
export type Failure = {
	/**  The exit code that the command line would end with. */
	exit: number,
	/**  What happened, without a full stop. */
	what: string,
	/**  What to do, without a full stop. */
	advice: string,
};
