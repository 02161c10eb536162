import type { Tree } from "../tidy/rule.ts";

/** A document, or the part of one between two markers, that is made from the code. */
export interface GeneratedDocument {
  /** Relative to the repository. */
  readonly path: string;
  /** Name of the markers `<!-- name:start -->` and `<!-- name:end -->`; the whole file without. */
  readonly marker?: string;
  render(tree: Tree): string | Promise<string>;
}

/** Puts `body` between the markers of `text`; undefined when the markers are not there. */
export function betweenMarkers(text: string, marker: string, body: string): string | undefined {
  const [start, end] = [`<!-- ${marker}:start -->`, `<!-- ${marker}:end -->`];
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  return from < 0 || to < from ? undefined : `${text.slice(0, from + start.length)}\n${body.trimEnd()}\n${text.slice(to)}`;
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
