/**
 * Who asked, on whose behalf, why and until when. It travels with every request, command, message and event from the
 * first day: cause is recorded, never guessed.
 */
export interface Context {
  /** The whole business case: one order's life has one correlation id. */
  readonly correlationId: string;
  /** The id of the command, message or event that directly caused this. */
  readonly causationId?: string;
  /** The principal, `usr_…`, `cus_…` or `sys_…`. */
  readonly actor: string;
  readonly tenant: string;
  /** W3C traceparent of the caller's span. */
  readonly traceparent?: string;
  /** Epoch milliseconds after which nobody waits for the answer any more. */
  readonly deadline?: number;
}

/** The part of a context that is written on every record, in the record's own words. */
export interface Cause {
  readonly correlation: string;
  readonly causation?: string;
  readonly actor: string;
  readonly tenant: string;
  readonly trace?: string;
}

export function causeOf(context: Context): Cause {
  return {
    correlation: context.correlationId,
    ...(context.causationId === undefined ? {} : { causation: context.causationId }),
    actor: context.actor,
    tenant: context.tenant,
    ...(context.traceparent === undefined ? {} : { trace: context.traceparent }),
  };
}

/** The context of what `cause` (an id) brings about next: same case, new cause. */
export function causedBy(context: Context, cause: string): Context {
  return { ...context, causationId: cause };
}

/** Milliseconds left until the deadline at `now`; Infinity without one, never below zero. */
export function timeLeft(context: Context, now: number): number {
  return context.deadline === undefined ? Infinity : Math.max(0, context.deadline - now);
}
