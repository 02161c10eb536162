import { z } from "zod";
import { workflow } from "../definition.ts";
import { say, Stage } from "./programs.ts";
import type { Trial } from "./trial.ts";

const ROUNDS = 4;
const SIDE_BY_SIDE = 25;
/** Nearly as long as a value may be. */
const CHARACTERS = 90_000;

/** A run whose results are more than one unit can hold: a hundred of them, 25 side by side, then the step "last". */
export const large = {
  steps: ROUNDS * SIDE_BY_SIDE,
  result: ROUNDS * SIDE_BY_SIDE * CHARACTERS,
  workflow: workflow({
    name: "large",
    input: z.null(),
    output: z.int(),
    policy: { retentionMs: 60_000 },
    run: async (ctx) => {
      let length = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const words = Array.from({ length: SIDE_BY_SIDE }, (_, n) => (branch: typeof ctx) => branch.step(say, `${round}-${n}`));
        for (const word of await ctx.all(words)) length += word.length;
      }
      await ctx.step(say, "last");
      return length;
    },
  }),
  stage(): Stage {
    const stage = new Stage();
    const long = (word: string) => word.padEnd(CHARACTERS, ".");
    for (let n = 0; n < ROUNDS * SIDE_BY_SIDE; n++) stage.on(`${Math.floor(n / SIDE_BY_SIDE)}-${n % SIDE_BY_SIDE}`, long);
    return stage;
  },
};

/** Streams in which the older parts of histories are. */
export async function pastStreams({ store }: Trial): Promise<readonly string[]> {
  return (await store.listNames("work")).filter((name) => name.startsWith("runpast-"));
}

export async function charactersIn({ store }: Trial, stream: string): Promise<number> {
  const records = await store.readStream(stream, { as: "work" });
  return records.reduce((sum, { data }) => sum + data.length, 0);
}
