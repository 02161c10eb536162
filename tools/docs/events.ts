import type { RecordType } from "@daybook/kernel/record-type";
import { EVENT_TYPES, OWNERS } from "../../shop/roles.ts";
import { table, type GeneratedDocument } from "./document.ts";
import { fieldsOf } from "./fields.ts";

/** docs/events.md: the catalogue of event types. */
export const eventsDocument: GeneratedDocument = {
  path: "docs/events.md",
  render() {
    const types = Object.values(EVENT_TYPES) as readonly RecordType[]; // a table of them by their names
    const owners = Object.entries(OWNERS).map(([category, owner]) => [`\`${category}-{id}\``, owner]);
    const rows = types.map((type) => [
      `\`${type.name}\``,
      String(type.version),
      fieldsOf(type.schema, "output"),
      type.personalPath === undefined ? "" : `\`${type.personalPath.join(".")}\``,
    ]);
    return `# Events

What is stored of the shop, for ever. A field that is personal is sealed under its subject's key before it is written; \`?\` may be
missing. Older versions are brought to the newest when they are read.

Made by \`npm run docs\` from the events' schemas.

${table(["event", "version", "fields", "personal"], rows)}

## Streams

Facts of a category of streams are appended by one context only; a unit that appends another's is refused.

${table(["streams", "context"], owners)}
`;
  },
};
