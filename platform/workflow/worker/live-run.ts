import { commitSettled } from "@daybook/data/event-store/commit-settled";
import type { Committed, Unit } from "@daybook/data/store/unit";
import type { Cancel } from "@daybook/kernel/clock";
import type { Entry, History, Note, Outcome, Request } from "../replay/history.ts";
import { deliver } from "../replay/replay.ts";
import type { RunCore } from "../replay/run-core.ts";
import { operate } from "./operate.ts";
import { Pursuit } from "./pursuit.ts";
import type { RunHost } from "./run-host.ts";
import { advanced, infoOf, isOver, type RunInfo } from "./run-info.ts";
import { loadNewRequests } from "./run-stream.ts";
import { decisionOf, type Decision } from "./decision.ts";

const DAY_MS = 86_400_000;
/** Entries that are recorded at once. */
const ENTRIES_MAX = 500;

/** A run in the memory of its owner: gives the code its outcomes, records what it decides, then does it. */
export class LiveRun {
  readonly id: string;
  readonly host: RunHost;
  readonly history: History;
  readonly core: RunCore;
  info: RunInfo;
  /** When the due item says that the run needs attention; undefined when that is now. */
  scheduledAt: number | undefined;
  private savedInfo: RunInfo | undefined;
  private readonly pursuit: Pursuit;
  private readonly inputs: (Outcome | Note)[] = [];
  private isPumping = false;
  private mustSync = false;
  private isGone = false;
  private hasExpired = false;
  private cancelWake: Cancel | undefined;

  /** `core` is the code, replayed over `history`. `isStored`: the run's row says what the history does. */
  constructor(host: RunHost, history: History, core: RunCore, isStored: boolean) {
    this.id = history.started.id;
    this.host = host;
    this.history = history;
    this.core = core;
    this.info = infoOf(history.started);
    this.pursuit = new Pursuit(host, core, (input) => this.receive(input));
    for (const entry of history.entries) this.absorb(entry);
    if (isStored) this.savedInfo = this.info;
    if (history.isReset) this.pursuit.startAnew();
    else this.inputs.push(...this.pursuit.lost());
    if (history.redo) this.inputs.push(history.redo);
    else if (history.entries.length === 0) this.inputs.push({ at: host.clock.now(), kind: "begin" });
  }

  get isOver(): boolean {
    return this.core.end !== undefined || isOver(this.info.status);
  }

  get isPaused(): boolean {
    return this.info.status === "paused";
  }

  /** Epoch milliseconds after which the whole run has taken too long. */
  get expiresAt(): number {
    return this.history.started.at + (this.core.definition.policy.overallMs ?? DAY_MS);
  }

  /** Somebody may have sent something. */
  poke(): void {
    this.mustSync = true;
    void this.pump();
  }

  /** Stops at once and records nothing more. */
  drop(): void {
    this.isGone = true;
    this.cancelWake?.();
    this.pursuit.drop();
  }

  /** Goes on as long as there is something to do. Never rejects. */
  async pump(): Promise<void> {
    if (this.isPumping || this.isGone) return;
    this.isPumping = true;
    try {
      // What came while the last turn's answer was on its way found it pumping.
      while ((await this.turn()) || this.hasNews);
    } catch (error) {
      if (!this.isGone) this.host.failed(this.info, error);
    } finally {
      this.isPumping = false;
    }
  }

  /**
   * Starts a run that is not stored yet: its first decision is in the unit that stores it. False when `commit` did not
   * take the unit; then nothing has happened.
   */
  async begin(commit: (unit: Unit) => Promise<Committed | undefined>): Promise<boolean> {
    this.isPumping = true;
    const decision = decisionOf(this, await this.decide(), { isFirst: true });
    const committed = await commit(decision.unit);
    if (!committed || this.isGone) {
      this.drop();
      return committed !== undefined;
    }
    const isHere = this.follow(decision, committed);
    this.isPumping = false;
    if (isHere) void this.pump();
    return true;
  }

  /** The decision is stored. False when the run has left memory. */
  private follow(decision: Decision, { versions }: Committed): boolean {
    const { recorded, isRewritten } = decision;
    const version = versions[0] ?? Infinity; // a repeated unit does not say it
    if (isRewritten) this.history.version = recorded;
    else if (recorded > 0 && version > this.history.version + recorded) this.mustSync = true;
    else if (!this.mustSync) this.history.version += recorded; // else the records that are read include these
    this.savedInfo = this.info;
    if (decision.scheduledAt !== undefined) this.scheduledAt = decision.scheduledAt;
    this.tell(decision.entries);
    return decision.again === undefined || this.leave(decision.again);
  }

  private act(): void {
    this.cancelWake?.();
    const now = this.host.clock.now();
    this.pursuit.act(this.isPaused);
    const next = this.nextAt();
    if (next !== Infinity) this.cancelWake = this.host.deadlines.after(Math.max(0, next - now), () => void this.pump());
  }

  /** Whether nothing is under way in this process, nor could begin now. */
  get isIdle(): boolean {
    return this.inputs.length === 0 && this.history.requests.length === 0 && this.pursuit.isIdle(this.isPaused);
  }

  /** When it goes on by itself. */
  nextAt(): number {
    if (this.isOver) return Infinity;
    const expiry = this.hasExpired ? Infinity : this.expiresAt;
    return this.isPaused ? expiry : Math.min(expiry, this.pursuit.nextAt());
  }

  get savedRow(): RunInfo | undefined {
    return this.savedInfo;
  }

  private async turn(): Promise<boolean> {
    if (this.mustSync) await this.sync();
    const entries = await this.decide();
    if (this.isGone || !(await this.record(entries)) || this.isGone) return false;
    this.act();
    return this.hasNews || this.isIdle;
  }

  private get hasNews(): boolean {
    return !this.isGone && (this.mustSync || this.inputs.length > 0 || this.history.requests.length > 0);
  }

  private async sync(): Promise<void> {
    this.mustSync = false;
    this.scheduledAt = undefined;
    await loadNewRequests(this.host.store, this.history);
  }

  /** Nothing: what was under way has ended without an outcome. */
  private receive(input?: Outcome | Note): void {
    if (input) this.inputs.push(input);
    void this.pump();
  }

  /** Gives the code all that is there. */
  private async decide(): Promise<Entry[]> {
    const entries: Entry[] = [];
    while (entries.length < ENTRIES_MAX && !this.isGone) {
      const input = this.inputs.shift();
      if (input) await this.give(input, entries);
      else {
        const request = this.history.requests.shift();
        if (request) await this.serve(request, entries);
        else if (!(await this.giveDue(entries))) break;
      }
      if (entries.at(-1)?.kind === "reset") return entries;
    }
    if (!this.isOver) for (const note of this.pursuit.beginning(this.isPaused)) this.write(note, entries);
    return entries;
  }

  private async give(input: Outcome | Note, entries: Entry[]): Promise<void> {
    if (
      input.kind === "retry" ||
      input.kind === "begun" ||
      input.kind === "stalled" ||
      input.kind === "state" ||
      input.kind === "answer" ||
      input.kind === "reset"
    ) {
      this.write(input, entries);
      return;
    }
    if (this.isOver || !this.core.expects(input)) return;
    this.write(input, entries);
    await deliver(this.core, input);
    const { commands, notes } = this.core.take();
    for (const entry of [...notes, ...commands]) this.write(entry, entries);
  }

  private async serve(request: Request, entries: Entry[]): Promise<void> {
    const at = this.host.clock.now();
    const served = operate(this, request, at);
    const given = { kind: "given", at, request } as const;
    if (served.isForCode) await this.give(given, entries);
    else this.write(given, entries);
    for (const next of served.leads) await this.give(next, entries);
  }

  /** Timers whose time has come, in its order; true when there was one. */
  private async giveDue(entries: Entry[]): Promise<boolean> {
    const now = this.host.clock.now();
    if (this.isOver) return false;
    if (!this.hasExpired && now >= this.expiresAt) {
      this.hasExpired = true;
      await this.give({ kind: "expired", at: now }, entries);
      return true;
    }
    const id = this.isPaused ? undefined : this.pursuit.dueTimer(now);
    if (id === undefined) return false;
    await this.give({ kind: "fired", id, at: now }, entries);
    return true;
  }

  private write(entry: Entry, entries: Entry[]): void {
    entries.push(entry);
    this.history.entries.push(entry);
    this.absorb(entry);
  }

  private absorb(entry: Entry): void {
    this.info = advanced(this.info, entry);
    if (entry.kind === "expired") this.hasExpired = true;
    this.pursuit.absorb(entry);
  }

  /** Commits the decision; false when the run has left memory. */
  private async record(entries: readonly Entry[]): Promise<boolean> {
    const { host } = this;
    if (entries.length === 0 && !this.isOver && !this.isIdle) return true;
    for (let isContested = false, isOrphan = false; ;) {
      const decision = decisionOf(this, entries, { isContested, isOrphan });
      if (decision.unit.effects.length === 0) return decision.again === undefined || this.leave(decision.again);
      const verdict = await commitSettled(host.store, decision.unit, { clock: host.clock });
      if (this.isGone) return false;
      if (verdict.outcome === "committed") return this.follow(decision, verdict);
      const condition = decision.unit.conditions[verdict.condition];
      if (condition?.kind === "leaseHeld" || condition?.kind === "leaseFree") {
        host.lost();
        return false;
      }
      if (condition?.kind === "exists") isOrphan = true;
      else {
        isContested = true;
        await this.sync();
      }
    }
  }

  private tell(entries: readonly Entry[]): void {
    for (const entry of entries) if (entry.kind === "answer") this.host.answered(entry);
    this.host.changed(this.info);
  }

  private leave(again: number): false {
    this.drop();
    this.host.release(this.id, again);
    return false;
  }
}
