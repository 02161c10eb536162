import { LAYERS, type Layer } from "../tidy/layers.ts";
import type { GeneratedDocument } from "./document.ts";

/** The drawn layers in ARCHITECTURE.md: the same data that `tools/tidy` checks imports against. */
export const layersDocument: GeneratedDocument = {
  path: "ARCHITECTURE.md",
  marker: "layers",
  render() {
    const boxes = LAYERS.map((layer) => `  ${layer.name}["${label(layer)}"]`);
    const arrows = LAYERS.slice(1).map((layer, index) => `  ${layer.name} --> ${LAYERS[index]?.name ?? ""}`);
    return ["```mermaid", "flowchart BT", ...boxes, ...arrows, "```"].join("\n");
  },
};

function label({ name, does, parts = {} }: Layer): string {
  const walls = Object.entries(parts).map(([part, siblings]) =>
    siblings.length === 0 ? part : `${part} → ${siblings.join(", ")}`,
  );
  return [`<b>${name}</b>`, does, ...(walls.length === 0 ? [] : [`<small>${walls.join(" · ")}</small>`])].join("<br/>");
}
