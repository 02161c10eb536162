import { timeText, type Cancel, type Clock } from "../clock.ts";
import { HTTP_PARTNERS, type HttpPartner } from "../control/behaviour.ts";
import type { Conduct } from "../control/conduct.ts";
import type { GatheredFile } from "../file/gathered-file.ts";
import { hookTable, type Hook, type HookTable } from "./hook-table.ts";
import type { Attempt, Journal } from "../file/journal.ts";
import { requestDigest } from "../file/answers.ts";
import { hookSignature } from "./signature.ts";
import type { HookSender } from "./sender.ts";

/** News of a partner for the shop, delivered until it answers 2xx; kept over restarts. */
export interface Hooks {
  /** Inside a change: tells the shop of `type`. */
  tell(partner: HttpPartner, news: News): void;
  start(): void;
  /** Looks again for what can be sent, after the behaviour has changed. */
  look(): void;
  stop(): void;
}

export interface News {
  readonly type: string;
  /** Key of the charge or parcel. */
  readonly key: string;
  readonly data: object;
}

export interface HookOptions {
  readonly file: GatheredFile;
  readonly journal: Journal;
  readonly conduct: Conduct;
  readonly clock: Clock;
  readonly sender: HookSender;
  readonly secret: string;
  /** Begin of every hook's id. */
  readonly idPrefix: string;
  /** Addresses while the behaviour names none. */
  readonly urls: Readonly<Partial<Record<HttpPartner, string>>>;
}

const AT_ONCE = 32;
const SHUFFLE_MS = 1_000;
const RETRY_MS_MAX = 30_000;

export function hooks(options: HookOptions): Hooks {
  const { file, conduct, clock, sender, urls } = options;
  const table = hookTable(file);
  const underWay = new Set<number>();
  let isRunning = false;
  let isLookPlanned = false;
  let armed: Cancel | undefined;

  const urlOf = (partner: HttpPartner) => conduct.current[partner].hooks.url ?? urls[partner];
  const addressed = () => HTTP_PARTNERS.filter((partner) => urlOf(partner) !== undefined);

  /** Once in this turn of the event loop, however often it is called. */
  function look(): void {
    if (!isRunning || isLookPlanned || addressed().length === 0) return;
    isLookPlanned = true;
    setImmediate(() => {
      isLookPlanned = false;
      if (isRunning) void file.change(whatIsDue).then(deliverAll);
    });
  }

  function whatIsDue(): { readonly due: readonly Hook[]; readonly nextAt: number } {
    const now = clock.now();
    const due = addressed().flatMap((partner) => table.due(partner, now, 2 * AT_ONCE));
    return { due, nextAt: Math.min(...addressed().map((partner) => table.nextAt(partner, now) ?? Infinity)) };
  }

  function deliverAll({ due, nextAt }: ReturnType<typeof whatIsDue>): void {
    if (!isRunning) return;
    armed?.();
    armed = Number.isFinite(nextAt) ? clock.after(Math.max(0, nextAt - clock.now()), look) : undefined;
    for (const hook of due) if (underWay.size < AT_ONCE && !underWay.has(hook.n)) void deliver(hook);
  }

  async function deliver(hook: Hook): Promise<void> {
    underWay.add(hook.n);
    const status = await sender.post(urlOf(hook.partner) ?? "", signedHeaders(hook, options), hook.body);
    if (isRunning) await file.change(() => note(hook, status, table, options));
    underWay.delete(hook.n);
    look();
  }

  return {
    tell(partner, news) {
      if (add(partner, news, table, options)) look();
    },
    start() {
      isRunning = true;
      look();
    },
    look,
    stop() {
      isRunning = false;
      armed?.();
      sender.close();
    },
  };
}

/** Whether there is something to send. */
function add(
  partner: HttpPartner,
  { type, key, data }: News,
  table: HookTable,
  { conduct, clock, journal }: HookOptions,
): boolean {
  const { off, shuffle, delayMs, duplicate } = conduct.current[partner].hooks;
  const body = JSON.stringify({ type, timestamp: timeText(clock.now()), data });
  if (off) {
    journal.record(attemptOf(type, undefined, body), { outcome: "dropped", isEffect: false, subject: key });
    return false;
  }
  const shuffleMs = shuffle ? conduct.draw({ from: 0, to: SHUFFLE_MS }) : 0;
  const dueAt = clock.now() + conduct.draw(delayMs) + shuffleMs;
  table.add({ partner, type, key, body, deliveriesLeft: duplicate ? 2 : 1, dueAt });
  return true;
}

function signedHeaders({ n, body }: Hook, { clock, secret, idPrefix }: HookOptions): Readonly<Record<string, string>> {
  const [id, seconds] = [`${idPrefix}${n}`, Math.floor(clock.now() / 1000)];
  const signature = hookSignature(secret, id, seconds, body);
  return { "webhook-id": id, "webhook-timestamp": String(seconds), "webhook-signature": signature };
}

/** What came of an attempt; `status` is undefined when there was no answer. */
function note(
  hook: Hook,
  status: number | undefined,
  table: HookTable,
  { conduct, clock, journal, idPrefix }: HookOptions,
): void {
  const isTaken = status !== undefined && status >= 200 && status < 300;
  const attempts = hook.attempts + 1;
  const { retryMs } = conduct.current[hook.partner].hooks;
  const waitMs = isTaken ? 0 : Math.min(retryMs * 2 ** Math.min(attempts - 1, 20), RETRY_MS_MAX);
  table.update({ ...hook, attempts, deliveriesLeft: hook.deliveriesLeft - Number(isTaken), dueAt: clock.now() + waitMs });
  const outcome = isTaken ? "delivered" : "failed";
  const attempt = attemptOf(hook.type, `${idPrefix}${hook.n}`, hook.body);
  journal.record(attempt, { outcome, isEffect: false, status, subject: hook.key });
}

function attemptOf(type: string, id: string | undefined, body: string): Attempt {
  return { partner: "hook", operation: type, key: id, digest: requestDigest(type, "", body), isLost: false };
}
