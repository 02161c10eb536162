import { registerHooks } from "node:module";

/** A defect that a test puts into the program's source while that is loaded. */
interface Bug {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** Defects that the crash test must find. */
export const BUGS = {
  "answers before the sync": {
    file: "/store/sqlite/sqlite-store.ts",
    find: "await this.durability.sync();",
    replace: "void this.durability.sync();",
  },
  "loses half of a unit": {
    file: "/store/sqlite/apply.ts",
    find: "for (const effect of unit.effects) writer.apply(effect);",
    replace: "for (const effect of unit.effects.slice(0, 1)) writer.apply(effect);",
  },
  "does not check conditions": {
    file: "/store/sqlite/apply.ts",
    find: "if (refused) return refused;",
    replace: "",
  },
} as const satisfies Record<string, Bug>;

export type BugName = keyof typeof BUGS;

/** Loaded before the scenario: `node --import ./planted-bugs.ts?NAME`. A bug that no longer fits its source fails the run. */
const name = decodeURIComponent(new URL(import.meta.url).search.slice(1));
if (name !== "") plant(BUGS[name as BugName]); // given by the test, from the names above

function plant(bug: Bug): void {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(bug.file)) return loaded;
      const source = Buffer.from(loaded.source as Uint8Array).toString(); // a file of ours: bytes
      if (!source.includes(bug.find)) throw new Error(`the planted bug no longer fits ${bug.file}`);
      return { ...loaded, source: source.replace(bug.find, bug.replace) };
    },
  });
}
