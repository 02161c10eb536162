import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { logInBusy } from "../errors.ts";

/** What one digest costs: memory in KiB, passes over it, lanes. */
export interface PasswordCost {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** OWASP's recommendation for argon2id. */
export const PASSWORD_COST: PasswordCost = { memory: 19_456, passes: 2, parallelism: 1 };

/**
 * Digests of passwords: argon2id (RFC 9106) under a secret of ours, as text with their parameters, off the main thread. A few are made
 * at a time; when too many wait it is `log-in-busy`.
 */
export interface PasswordDigests {
  /** `isWanted` is asked when its turn has come; what is not wanted any more is not made. */
  digest(password: string, isWanted?: () => Promise<boolean>): Promise<string | undefined>;
  /** Compares in constant time. Without a digest it takes as long as with one, and the password is wrong. */
  verify(password: string, digest: string | undefined): Promise<Verified>;
}

/** `isOutdated`: right, but made at another cost than today's. */
export type Verified = "wrong" | "right" | "isOutdated";

export interface PasswordDigestsOptions {
  readonly secret: Uint8Array;
  readonly cost?: PasswordCost;
  readonly random?: (bytes: number) => Uint8Array;
  /** Made at a time; 2. */
  readonly concurrency?: number;
  /** Waiting for their turn at most; 1,000. */
  readonly waitingMax?: number;
}

const NONCE_BYTES = 16;
const TAG_BYTES = 32;
const FORM = /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})\$([\w+/]{22})\$([\w+/]{43})$/;

export function passwordDigests(options: PasswordDigestsOptions): PasswordDigests {
  const { secret, cost = PASSWORD_COST, random = randomBytes } = options;
  const turns = new Turns(options.concurrency ?? 2, options.waitingMax ?? 1_000);
  const tag = (password: string, { nonce, ...params }: Salted) =>
    argon2id({ ...params, nonce, message: Buffer.from(password.normalize("NFKC")), tagLength: TAG_BYTES, secret });

  return {
    digest: (password, isWanted) =>
      turns.run(async () => {
        if (isWanted && !(await isWanted())) return undefined;
        const salted = { ...cost, nonce: Buffer.from(random(NONCE_BYTES)) };
        return textOf(salted, await tag(password, salted));
      }),
    async verify(password, digest) {
      const kept = digest === undefined ? undefined : parse(digest);
      const salted = kept?.salted ?? { ...cost, nonce: Buffer.alloc(NONCE_BYTES) };
      const made = await turns.run(() => tag(password, salted));
      if (!kept || !timingSafeEqual(made, kept.tag)) return "wrong";
      return isSameCost(kept.salted, cost) ? "right" : "isOutdated";
    },
  };
}

interface Salted extends PasswordCost {
  readonly nonce: Buffer;
}

function textOf({ memory, passes, parallelism, nonce }: Salted, tag: Buffer): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(nonce)}$${unpadded(tag)}`;
}

function parse(text: string): { readonly salted: Salted; readonly tag: Buffer } | undefined {
  const [, memory, passes, parallelism, nonce = "", tag = ""] = FORM.exec(text) ?? [];
  if (memory === undefined) return undefined;
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  return { salted: { ...cost, nonce: Buffer.from(nonce, "base64") }, tag: Buffer.from(tag, "base64") };
}

function isSameCost(a: PasswordCost, b: PasswordCost): boolean {
  return a.memory === b.memory && a.passes === b.passes && a.parallelism === b.parallelism;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "");
}

function argon2id(parameters: Parameters<typeof argon2>[1]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2("argon2id", parameters, (error, tag) => (error ? reject(error) : resolve(tag)));
  });
}

/** Runs a few at a time, the others in order. */
class Turns {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly concurrency: number;
  private readonly waitingMax: number;

  constructor(concurrency: number, waitingMax: number) {
    this.concurrency = concurrency;
    this.waitingMax = waitingMax;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < this.concurrency) this.running++;
    else if (this.waiting.length < this.waitingMax) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else throw logInBusy(`${this.waitingMax} passwords wait to be looked at`);
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}
