// Something that a button begins, and that is not begun a second time while it is under way: a double click is one click.

export interface Once<A extends unknown[]> {
  readonly busy: boolean;
  run: (...given: A) => Promise<void>;
}

export function once<A extends unknown[]>(work: (...given: A) => Promise<unknown>): Once<A> {
  let busy = $state(false);
  return {
    get busy() {
      return busy;
    },
    async run(...given: A) {
      if (busy) return;
      busy = true;
      try {
        await work(...given);
      } finally {
        busy = false;
      }
    },
  };
}
