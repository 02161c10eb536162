import type { Failure } from "./failure.ts";

/** What can be undone, in the order in which it was started. */
export type Armed =
  | { readonly kind: "step"; readonly id: string; readonly undo: string; readonly input: string }
  | { readonly kind: "group"; readonly scopes: readonly Scope[] };

/** Something that the code awaits and that a cancel may end. */
export interface Wait {
  /** Ends it now when nothing runs outside for it; else marks it, and its outcome comes from there. */
  cancel(failure: Failure): void;
}

export type UndoStep = (id: string, undo: string, input: string) => Promise<void>;

/** A part of a run that numbers its own commands, and is cancelled and undone as one. */
export class Scope {
  readonly waits = new Set<Wait>();
  private readonly children: Scope[] = [];
  armed: Armed[] = [];
  /** Why it is cancelled. */
  cancelled: Failure | undefined;
  private readonly path: string;
  private readonly isShielded: boolean;
  private issued = 0;

  constructor(path = "", isShielded = false) {
    this.path = path;
    this.isShielded = isShielded;
  }

  nextId(): string {
    return `${this.path}${++this.issued}`;
  }

  /** `id`: of the command that it is part of. */
  child(id: string, isShielded: boolean): Scope {
    const child = new Scope(`${id}.`, isShielded);
    if (!isShielded) child.cancelled = this.cancelled;
    this.children.push(child);
    return child;
  }

  /** Reaches everything inside but what is shielded. The first reason counts. */
  cancel(failure: Failure): void {
    if (this.cancelled) return;
    this.cancelled = failure;
    for (const wait of this.waits) wait.cancel(failure);
    for (const child of this.children) if (!child.isShielded) child.cancel(failure);
  }

  /** What is still to come inside is not cancelled any more. */
  revive(): void {
    this.cancelled = undefined;
    for (const child of this.children) if (!child.isShielded) child.revive();
  }

  /** The run is over: what is shielded ends, too. */
  close(failure: Failure): void {
    this.cancel(failure);
    for (const child of this.children) child.close(failure);
  }

  /** Drops what has ended and left nothing to undo: a loop of branches must not grow for ever. */
  forget(scopes: readonly Scope[]): void {
    if (scopes.some((scope) => scope.isArmed || scope.waits.size > 0 || scope.children.length > 0)) return;
    for (const scope of scopes) this.children.splice(this.children.indexOf(scope), 1);
    this.armed = this.armed.filter((armed) => armed.kind === "step" || armed.scopes !== scopes);
  }

  disarm(): void {
    this.armed = [];
    for (const child of this.children) child.disarm();
  }

  get isArmed(): boolean {
    return this.armed.some((armed) => armed.kind === "step" || armed.scopes.some((scope) => scope.isArmed));
  }

  /** Undoes in reverse order; branches that ran side by side are undone side by side. */
  async undo(step: UndoStep): Promise<void> {
    const armed = this.armed.reverse();
    this.armed = [];
    for (const one of armed) {
      if (one.kind === "step") await step(one.id, one.undo, one.input);
      else await Promise.all(one.scopes.map((scope) => scope.undo(step)));
    }
  }
}
