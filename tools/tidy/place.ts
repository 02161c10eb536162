import { ADAPTERS, COMPOSITION, LAYERS, OUTSIDE, WORKSHOPS, type Layer } from "./layers.ts";

/** Where a file stands among the layers. */
export interface Place {
  readonly layer: Layer;
  /** Index in LAYERS: smaller is more fundamental. */
  readonly rank: number;
  /** First folder (or, in a context layer, the context) below the layer's folder; undefined for files in it. */
  readonly part: string | undefined;
  /** Path below the part. */
  readonly inside: string;
}

/** Undefined for what is outside the layers (workshops, files at the root). */
export function placeOf(path: string): Place | undefined {
  const rank = LAYERS.findIndex((layer) => path.startsWith(`${layer.folder}/`));
  const layer = LAYERS[rank];
  if (!layer) return undefined;
  const below = path.slice(layer.folder.length + 1);
  const end = below.indexOf("/");
  return end < 0
    ? { layer, rank, part: undefined, inside: below }
    : { layer, rank, part: below.slice(0, end), inside: below.slice(end + 1) };
}

export function isWorkshop(path: string): boolean {
  return WORKSHOPS.some((folder) => path.startsWith(`${folder}/`));
}

/** The program of the world outside that `path` belongs to. */
export function outsideOf(path: string): string | undefined {
  return OUTSIDE.find((folder) => path.startsWith(`${folder}/`));
}

/** Tests, and the public suites that an adapter's test runs. */
export function isTest(path: string): boolean {
  return path.endsWith(".test.ts") || /(^|\/)conformance(\.ts$|\/)/.test(path);
}

/** Whether the file may choose adapters and import what is for tests. */
export function isComposition(path: string): boolean {
  const rank = placeOf(path)?.rank ?? LAYERS.length;
  return COMPOSITION.includes(nameOf(path)) || rank >= LAYERS.findIndex((layer) => layer.name === "cli");
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The folder of the adapter that `path` belongs to. */
export function adapterOf(path: string): string | undefined {
  const folders = path.split("/").slice(0, -1);
  const at = folders.findLastIndex((folder) => ADAPTERS.includes(folder));
  return at < 0 ? undefined : folders.slice(0, at + 1).join("/");
}
