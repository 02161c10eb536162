import { Refusal } from "../refusal.ts";
import type { Route } from "./route.ts";

export interface Found {
  readonly route: Route;
  readonly params: readonly string[];
}

/** Finds the route of a path; refuses what there is none for. */
export function router(routes: readonly Route[]): (method: string, path: string) => Found {
  const known = routes.map((route) => ({ route, parts: route.path.split("/") }));
  return (method, path) => {
    const parts = path.split("/");
    const fitting = known.filter((each) => isMatch(each.parts, parts));
    const found = fitting.find(({ route }) => route.method === method);
    if (found) return { route: found.route, params: parts.filter((_, at) => found.parts[at]?.startsWith(":")) };
    if (fitting.length === 0) throw new Refusal(404, "not-found", `there is nothing at ${path.slice(0, 200)}`);
    throw new Refusal(405, "method-not-allowed", `allowed: ${fitting.map(({ route }) => route.method).join(", ")}`);
  };
}

function isMatch(pattern: readonly string[], parts: readonly string[]): boolean {
  return pattern.length === parts.length && pattern.every((part, at) => part.startsWith(":") || part === parts[at]);
}
