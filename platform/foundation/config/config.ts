import type { z } from "zod";
import { configInvalid } from "./errors.ts";

/** A setting's value and where it came from. */
export interface Setting {
  /** Dotted, `http.port`. */
  readonly path: string;
  readonly value: unknown;
  /** `default`, the variable `DAYBOOK__HTTP__PORT`, or the flag `--http.port`; of `logLevel`, `--log-level`. */
  readonly origin: string;
}

export interface Configuration<Value> {
  readonly value: Value;
  /** Every setting that has a value, sorted by path. */
  readonly settings: readonly Setting[];
}

export interface ConfigSources {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** By dotted path; undefined when the flag was not given. */
  readonly flags?: Readonly<Record<string, string | undefined>>;
}

const PREFIX = "DAYBOOK__";

/**
 * The configuration of `schema` (strict objects by section, defaults inside, `z.coerce` for numbers): flags win over
 * `DAYBOOK__SECTION__KEY`, those over defaults. Rejects unknown and unfit settings together, with their origins
 * (`config-invalid`); values are never quoted, for they may be secrets.
 */
export function readConfig<Value extends object>(schema: z.ZodType<Value>, sources: ConfigSources): Configuration<Value> {
  const given = givenSettings(sources);
  const tree = emptyTree();
  for (const [path, { value }] of given) put(tree, path.split("."), value);
  const parsed = schema.safeParse(tree);
  if (!parsed.success) throw configInvalid(parsed.error.issues.flatMap((issue) => faultsOf(issue, given)).join("; "));
  const settings = leaves(parsed.data, "").map(([path, value]) => ({
    path,
    value,
    origin: given.get(path)?.origin ?? "default",
  }));
  return { value: parsed.data, settings: settings.toSorted((a, b) => (a.path < b.path ? -1 : 1)) };
}

interface Given {
  readonly value: string;
  readonly origin: string;
}

interface Tree {
  [name: string]: string | Tree;
}

/** Without inherited names: a path cannot reach a prototype. */
function emptyTree(): Tree {
  return Object.create(null) as Tree; // an object without fields is one
}

function givenSettings({ environment = {}, flags = {} }: ConfigSources): ReadonlyMap<string, Given> {
  const given = new Map<string, Given>();
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && name.startsWith(PREFIX)) given.set(pathOf(name), { value, origin: name });
  }
  for (const [path, value] of Object.entries(flags)) {
    if (value !== undefined) given.set(path, { value, origin: flagOf(path) });
  }
  return given;
}

function flagOf(path: string): string {
  return `--${path.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `DAYBOOK__HTTP__BODY_BYTES_MAX` → `http.bodyBytesMax`. */
function pathOf(variable: string): string {
  const names = variable.slice(PREFIX.length).toLowerCase().split("__");
  return names.map((name) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())).join(".");
}

function put(tree: Tree, [name = "", ...rest]: readonly string[], value: string): void {
  if (rest.length === 0) {
    tree[name] = value;
    return;
  }
  const below = tree[name];
  const section = typeof below === "object" ? below : emptyTree();
  tree[name] = section;
  put(section, rest, value);
}

function faultsOf(issue: z.core.$ZodIssue, given: ReadonlyMap<string, Given>): readonly string[] {
  const paths = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
  const what = issue.code === "unrecognized_keys" ? "there is no such setting" : issue.message;
  return paths.map((path) => {
    const name = path.join(".");
    const from = given.get(name) ?? [...given].find(([each]) => each.startsWith(`${name}.`))?.[1];
    return `${name} (${from?.origin ?? "not given"}): ${what}`;
  });
}

function leaves(value: unknown, path: string): readonly (readonly [string, unknown])[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value === undefined ? [] : [[path, value]];
  return Object.entries(value).flatMap(([name, below]) => leaves(below, path === "" ? name : `${path}.${name}`));
}
