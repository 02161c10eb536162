import { registerHooks } from "node:module";
import { assert } from "@daybook/kernel/errors";

/** A defect that a trial puts into a file of the program while that is loaded: nothing of it is on the disk. */
export interface SourcePatch {
  /** Path below the repository. */
  readonly file: string;
  /** Occurs exactly once in the file; a patch that no longer fits fails its run. */
  readonly find: string;
  readonly replace: string;
}

/** A planted patch. */
export interface PlantedSource {
  /** Whether the file has been loaded, with the patch in it. */
  isLoaded(): boolean;
}

/** Plants `patch` into what is loaded from now on. For processes that are started for a trial, before they import anything. */
export function plantSource(patch: SourcePatch): PlantedSource {
  let isLoaded = false;
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(`/${patch.file}`)) return loaded;
      const source = typeof loaded.source === "string" ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString(); // text or its bytes
      isLoaded = true;
      return { ...loaded, source: patchedSource(source, patch) };
    },
  });
  return { isLoaded: () => isLoaded };
}

/** The source with the patch in it. */
export function patchedSource(source: string, patch: SourcePatch): string {
  const places = source.split(patch.find).length - 1;
  assert(places === 1, `the planted "${patch.find}" occurs once in ${patch.file}, not ${places} times`);
  return source.replace(patch.find, () => patch.replace);
}
