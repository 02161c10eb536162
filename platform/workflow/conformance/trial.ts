import assert from "node:assert/strict";
import type { Store } from "@daybook/data/store";
import type { Unit } from "@daybook/data/store/unit";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock, type VirtualClock } from "@daybook/kernel/virtual-clock";
import { WorkflowEngine, type WorkflowEngineOptions } from "../engine.ts";

/** A fresh, empty store for one test. */
export interface StoreForWorkflows {
  readonly store: Store;
  /** Closes the store and removes its data. */
  destroy(): Promise<void>;
}

export const CAUSE = { correlation: "cor_1", actor: "usr_1", tenant: "shop" } as const;

type Programs = Pick<WorkflowEngineOptions, "workflows" | "steps" | "tuning">;

/** An engine that can die, on a clock that a test moves. */
export interface TestEngine {
  readonly engine: WorkflowEngine;
  /** From now on nothing reaches the store, as after SIGKILL. */
  readonly kill: () => void;
  /** From now on it cannot extend a lease, as a process that was stopped for too long. */
  readonly loseLeases: () => void;
  /** From now on its calls of the store wait, as of a process that was stopped, until it goes on. */
  readonly halt: () => void;
  readonly goOn: () => void;
}

interface Life {
  isAlive: boolean;
  canExtend: boolean;
  halted: PromiseWithResolvers<void> | undefined;
  /** Calls of the store that have not ended. */
  underWay: number;
}

/** A store, a virtual clock, and the engines of one test. */
export class Trial {
  readonly clock: VirtualClock;
  readonly store: Store;
  private readonly stored: StoreForWorkflows;
  private readonly engines: TestEngine[] = [];
  private readonly random = seededRandom(26);
  private readonly lives: Life[] = [];

  constructor(stored: StoreForWorkflows, clock = virtualClock()) {
    this.clock = clock;
    this.stored = stored;
    this.store = this.watched({ isAlive: true, canExtend: true, halted: undefined, underWay: 0 });
  }

  /** An engine with these programs. Of the same owner unless given: what an engine before it owned is its own. */
  engine(programs: Programs, owner = "test"): TestEngine {
    const life: Life = { isAlive: true, canExtend: true, halted: undefined, underWay: 0 };
    const store = this.watched(life);
    const { clock, random } = this;
    const engine = new WorkflowEngine({ store, clock, random, ids: idSource(clock, random), owner, ...programs });
    const started = {
      engine,
      kill: () => void (life.isAlive = false),
      loseLeases: () => void (life.canExtend = false),
      halt: () => void (life.halted = Promise.withResolvers()),
      goOn() {
        life.halted?.resolve();
        life.halted = undefined;
      },
    };
    this.engines.push(started);
    return started;
  }

  /** The value, after a time; a step that is cancelled does not come to an end. */
  after<T>(ms: number, signal: AbortSignal, value: T): Promise<T> {
    return new Promise((resolve) => this.clock.after(ms, () => signal.aborted || resolve(value)));
  }

  /** Lets everything run that can run without time passing. */
  async idle(): Promise<void> {
    for (let calm = 0; calm < 3; calm++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.lives.some(({ isAlive, underWay }) => isAlive && underWay > 0)) calm = 0;
    }
  }

  /** Lets time pass, from timer to timer, until the promise settles. */
  async until<T>(promise: Promise<T>): Promise<T> {
    const state = { isSettled: false };
    const settle = () => (state.isSettled = true);
    promise.then(settle, settle);
    await this.untilTrue(() => state.isSettled);
    return promise;
  }

  /** Lets time pass until it holds. */
  async untilTrue(holds: () => boolean): Promise<void> {
    for (let steps = 0; !holds(); steps++) {
      assert.ok(steps < 20_000, "what is waited for comes some time");
      await this.idle();
      if (!holds()) this.clock.step();
    }
  }

  /** Lets `ms` pass, and everything happen that is due on the way. */
  async pass(ms: number): Promise<void> {
    const until = this.clock.elapsed() + ms;
    await this.idle();
    while (this.clock.elapsed() < until) {
      this.clock.advance(Math.min(10, until - this.clock.elapsed()));
      await this.idle();
    }
  }

  async destroy(): Promise<void> {
    await Promise.all(this.engines.map(({ engine }) => Promise.race([engine.stop(), this.idle()])));
    for (const { kill } of this.engines) kill();
    await this.stored.destroy();
  }

  /** Counts calls under way; one that comes from the dead never ends. */
  private watched(life: Life): Store {
    this.lives.push(life);
    return new Proxy(this.stored.store, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as ((...words: unknown[]) => unknown) | undefined; // a store's members
        if (typeof value !== "function" || name === "watch" || name === "status") return value;
        return async (...words: unknown[]) => {
          await life.halted?.promise;
          if (!life.isAlive || (!life.canExtend && isTaking(words[0]))) return new Promise(() => undefined);
          life.underWay++;
          try {
            const answer = await value.apply(target, words);
            return life.isAlive ? answer : new Promise(() => undefined);
          } finally {
            life.underWay--;
          }
        };
      },
    });
  }
}

function isTaking(unit: unknown): boolean {
  return (unit as Partial<Unit> | undefined)?.effects?.some(({ kind }) => kind === "takeLease") ?? false; // of a commit
}

/** Proofs by the word that they prove. */
export type Proofs = Readonly<Record<string, (trial: Trial) => Promise<void>>>;
