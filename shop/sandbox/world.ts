import type { Clock } from "./clock.ts";
import type { Conduct } from "./control/conduct.ts";
import type { Answers } from "./file/answers.ts";
import type { GatheredFile } from "./file/gathered-file.ts";
import type { Journal } from "./file/journal.ts";
import type { Undone } from "./file/undone.ts";
import type { Work } from "./file/work.ts";
import type { Hooks } from "./hooks/hooks.ts";
import type { Identifiers } from "./identifiers.ts";

/** What every partner stands on. */
export interface World {
  readonly file: GatheredFile;
  readonly journal: Journal;
  readonly answers: Answers;
  readonly undone: Undone;
  readonly work: Work;
  readonly hooks: Hooks;
  readonly conduct: Conduct;
  readonly ids: Identifiers;
  readonly clock: Clock;
}
