import { enableCompileCache } from "node:module";
import { join } from "node:path";

// Stripped and compiled code is kept: a start takes half of the processor time. A folder that cannot be written keeps nothing.
enableCompileCache(join(import.meta.dirname, "..", "node_modules", ".cache", "daybook"));
await import("./program.ts");
