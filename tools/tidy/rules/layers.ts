import { PUBLIC_OF_CONTEXT } from "../layers.ts";
import { resolveImport } from "../packages.ts";
import { adapterOf, isComposition, isTest, isWorkshop, outsideOf, placeOf, type Place } from "../place.ts";
import { sourceRule, type Tree } from "../rule.ts";
import type { Import, Source } from "../source.ts";

/** Imports follow the layers and walls of layers.ts. */
export const layersRule = sourceRule("layers", function* (source, report, tree) {
  const strangers = importsAcross(source, tree);
  for (const { specifier, line } of strangers) yield report(`${specifier}: ${STRANGERS}`, line);
  if (isWorkshop(source.path) || outsideOf(source.path) !== undefined) return;
  const place = placeOf(source.path);
  if (!place) {
    yield report("this folder is not in tools/tidy/layers.ts");
    return;
  }
  if (isUnknownPart(place)) yield report(`${place.layer.folder}/${place.part} is not in tools/tidy/layers.ts`);
  for (const imported of source.imports) {
    if (strangers.includes(imported)) continue;
    const { specifier, line } = imported;
    const target = resolveImport(specifier, source.path, tree.workspaces);
    if (target === undefined) continue;
    const trespass = trespassOf({ path: source.path, place }, { path: target, isRelative: specifier.startsWith(".") });
    if (trespass !== undefined) yield report(`${specifier}: ${trespass}`, line);
  }
});

const STRANGERS = "the world outside imports nothing of ours and is imported by nothing: start it as a process";

/** Imports that cross the wall around a program of the world outside, in either direction. */
function importsAcross(source: Source, { workspaces }: Tree): readonly Import[] {
  const home = outsideOf(source.path);
  return source.imports.filter(({ specifier }) => {
    const target = resolveImport(specifier, source.path, workspaces);
    return target !== undefined && outsideOf(target) !== home;
  });
}

interface Importer {
  readonly path: string;
  readonly place: Place;
}

interface Imported {
  readonly path: string;
  readonly isRelative: boolean;
}

function isUnknownPart({ layer, part }: Place): boolean {
  return layer.parts !== undefined && part !== undefined && layer.parts[part] === undefined;
}

/** Why the import is not allowed; undefined when it is. */
function trespassOf(from: Importer, to: Imported): string | undefined {
  const place = placeOf(to.path);
  if (!place) return isWorkshop(to.path) && !isTest(from.path) ? "only tests import workshops" : undefined;
  return direction(from, place) ?? forTests(from, place) ?? walls(from, to, place) ?? context(from, place) ?? adapter(from, to);
}

function direction({ path, place }: Importer, to: Place): string | undefined {
  if (to.rank <= place.rank || (isTest(path) && to.layer.isForTests)) return undefined;
  return `${place.layer.name} is more fundamental than ${to.layer.name} and may not import it`;
}

function forTests({ path, place }: Importer, to: Place): string | undefined {
  if (!to.layer.isForTests || place.rank === to.rank || isTest(path) || isComposition(path)) return undefined;
  return `only tests and composition import ${to.layer.name}`;
}

function walls({ place }: Importer, to: Imported, target: Place): string | undefined {
  if (to.isRelative && target.rank !== place.rank) return `another layer is imported by its package's name`;
  if (target.rank !== place.rank || place.part === undefined || target.part === undefined) return undefined;
  if (!place.layer.parts || target.part === place.part) return undefined;
  const allowed = place.layer.parts[place.part] ?? [];
  if (!allowed.includes(target.part))
    return `${place.part} may not import ${target.part} (allowed: ${allowed.join(", ") || "none"})`;
  return to.isRelative ? `another sub-system is imported through its package's exports` : undefined;
}

function context({ place, path }: Importer, to: Place): string | undefined {
  if (!to.layer.isContexts || to.part === undefined || PUBLIC_OF_CONTEXT.includes(to.inside)) return undefined;
  const isInside = place.rank === to.rank && place.part === to.part;
  const isOutside = place.rank > to.rank || place.part === undefined;
  const isAbove = isOutside && (isComposition(path) || isTest(path));
  if (isInside || isAbove) return undefined;
  return `of the context ${to.part} others import only ${PUBLIC_OF_CONTEXT.join(" and ")}`;
}

function adapter({ path }: Importer, to: Imported): string | undefined {
  const folder = adapterOf(to.path);
  if (folder === undefined || path.startsWith(`${folder}/`) || isTest(path) || isComposition(path)) return undefined;
  return `an adapter (${folder}) is chosen only in service.ts, app.ts, roles.ts, tests and above the shop`;
}
