import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import type { Program } from "../fulfilment/program.ts";
import { get, post } from "../fulfilment/shop-client.ts";

/** What a comparison came to, as the shop tells it. */
export interface EndedComparison {
  readonly id: string;
  readonly source: string;
  readonly compared: number;
  readonly differences: number;
  readonly settled: number;
}

export interface ShownQuestion {
  readonly id: string;
  readonly source: string;
  readonly cause: string;
  readonly subject: string;
  readonly orderId?: string;
  readonly found: string;
  readonly status: string;
}

const TRIES = 600;

/** Asks for a comparison of everything up to now; answers its id. */
export async function askFor(program: Program, source: string): Promise<string> {
  await setTimeout(2); // what was done until now lies before now
  const body = { source, from: "1970-01-01T00:00:00Z", to: new Date().toISOString() };
  const { status, body: answer } = await post(program, "/comparisons", `compare-${source}`, body);
  assert.equal(status, 202, answer);
  return (JSON.parse(answer) as { readonly id: string }).id; // of a 202
}

export async function endOf(program: Program, id: string): Promise<EndedComparison> {
  for (let attempt = 0; ; attempt++) {
    const { comparisons } = await get<{ comparisons: readonly EndedComparison[] }>(program, "/comparisons");
    const ended = comparisons.find((each) => each.id === id);
    if (ended) return ended;
    assert.ok(attempt < TRIES, `the comparison ${id} does not end: ${JSON.stringify(comparisons)}`);
    await setTimeout(50);
  }
}

export async function compared(program: Program, source: string): Promise<EndedComparison> {
  return endOf(program, await askFor(program, source));
}

export async function questions(program: Program, query = ""): Promise<readonly ShownQuestion[]> {
  return (await get<{ questions: readonly ShownQuestion[] }>(program, `/questions?limit=200${query}`)).questions;
}

/** After a run in which nothing is left to do, both sides say the same, and nobody is asked anything. */
export async function nothingDiffers(program: Program): Promise<void> {
  for (const source of ["payments", "shipping", "fulfilment"]) {
    const { differences, compared: count } = await compared(program, source);
    assert.equal(differences, 0, JSON.stringify(await questions(program)));
    assert.ok(source === "fulfilment" || count > 0, `${source} were compared`);
  }
  assert.deepEqual(await questions(program), []);
}
