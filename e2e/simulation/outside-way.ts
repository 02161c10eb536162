import { sleep } from "@daybook/kernel/clock";
import { below, type Random } from "@daybook/kernel/random";
import type { FaultPlan } from "@daybook/testing/faults/fault-plan";
import type { Life } from "@daybook/testing/simulation/life";
import { oneIn, type World } from "@daybook/testing/simulation/world";
import type { OutsideFault } from "./outside-faults.ts";

export interface OutsideWayOptions {
  readonly world: World;
  readonly faults: FaultPlan<OutsideFault>;
  readonly partner: "provider" | "carrier" | "mail server";
  /** What a caller is told that gets no answer. */
  readonly unavailable: (message: string) => Error;
}

/** The way to one partner outside: requests take their time, and arrive also when their caller has died. */
export class OutsideWay {
  private readonly options: OutsideWayOptions;
  private readonly random: Random;
  private awayUntil = 0;

  constructor(options: OutsideWayOptions) {
    this.options = options;
    this.random = options.world.random(options.partner);
  }

  ask<T>(caller: Life, what: string, effect: () => T): Promise<T> {
    return caller.through(() => this.carried(caller, what, effect));
  }

  private async carried<T>(caller: Life, what: string, effect: () => T): Promise<T> {
    const { world, faults, partner, unavailable } = this.options;
    await this.travel();
    if (this.isAway()) throw unavailable(`the played ${partner} is away`);
    const answer = effect();
    world.trace.add(`${partner}: ${caller.name} ${what}: ${JSON.stringify(answer)}`);
    if (caller.isAlive && faults.strikes("died after an effect outside")) caller.end();
    if (faults.strikes(`${partner}'s answer lost`)) throw unavailable(`the played ${partner}'s answer was lost`);
    await this.travel();
    return answer;
  }

  /** Mostly a moment, sometimes longer than steps are tried. */
  private isAway(): boolean {
    const { world, faults, partner } = this.options;
    const now = world.clock.elapsed();
    if (now < this.awayUntil) return true;
    if (!faults.strikes(`${partner} away`)) return false;
    this.awayUntil = now + (oneIn(this.random, 4) ? 20_000 + below(this.random, 30_000) : below(this.random, 5_000));
    return true;
  }

  private travel(): Promise<void> {
    const { clock } = this.options.world;
    return sleep(clock, oneIn(this.random, 20) ? below(this.random, 2_000) : 1 + below(this.random, 12));
  }
}
