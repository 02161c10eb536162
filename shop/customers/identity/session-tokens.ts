import { hash } from "node:crypto";
import { recentlyUsed } from "@daybook/data/event-store/recently-used";
import type { Clock } from "@daybook/kernel/clock";
import { errors, jwtVerify, SignJWT } from "jose";
import {
  loadSigningKeys,
  rotateSigningKeys,
  type SigningKey,
  type SigningKeys,
  type SigningKeysOptions,
} from "./signing-keys.ts";

/** A token, and when it ends: epoch milliseconds. */
export interface SessionToken {
  readonly token: string;
  readonly expiresAt: number;
}

/** What a token says: whose it is, and how often the password had been changed when it was given. */
export interface SessionClaims {
  readonly subject: string;
  readonly passwordChanges: number;
}

/** Bearer tokens of our own: signed, for an hour, saying nothing but whose they are and for which password. */
export interface SessionTokens {
  issue(subject: string, passwordChanges: number): Promise<SessionToken>;
  /** What it says; undefined for one that is not ours, has ended, or is of a key whose tokens have all ended. */
  claimsOf(token: string): Promise<SessionClaims | undefined>;
  /** Signs by a new key from now on; tokens of the one before are good until they end. By one process at a time. */
  rotate(): Promise<void>;
}

const ISSUER = "daybook";
const AUDIENCE = "daybook-shop";
/** RFC 9068. */
const TYPE = "at+jwt";
const ALGORITHM = "Ed25519";
/** Our own claim. */
const PASSWORD = "pwd";
/** Compact serialization of a signed token (RFC 7515). */
const COMPACT = /^[\w-]{1,500}\.[\w-]{1,2000}\.[\w-]{1,200}$/;
const LIFE_MS = 60 * 60 * 1_000;
/** Another process's exchange of keys is noticed after that when signing. */
const KEYS_FOR_MS = 60_000;
/** Tokens of unknown keys make the files be read again, but no more often. */
const UNKNOWN_KEY_PAUSE_MS = 10_000;
const VERIFIED_MAX = 10_000;

interface Verified extends SessionClaims {
  readonly expiresAt: number;
}

/** Over the keys of the files, which are read, and made, when they are first needed. */
export function sessionTokens(options: SigningKeysOptions): SessionTokens {
  return new Tokens(options);
}

class Tokens implements SessionTokens {
  private readonly verified;
  private readonly options: SigningKeysOptions;
  private readonly clock: Clock;
  private keys: SigningKeys | undefined;
  private readAt = 0;

  constructor(options: SigningKeysOptions) {
    this.options = options;
    this.clock = options.clock;
    this.verified = recentlyUsed<Verified>(VERIFIED_MAX, LIFE_MS, this.clock);
  }

  async issue(subject: string, passwordChanges: number): Promise<SessionToken> {
    const { id, privateKey } = (await this.read(KEYS_FOR_MS)).current;
    const issuedAt = seconds(this.clock.now());
    const expiresAt = issuedAt + LIFE_MS / 1_000;
    const token = await new SignJWT({ jti: this.options.ids("ses"), [PASSWORD]: passwordChanges })
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: id })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(subject)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(privateKey);
    return { token, expiresAt: expiresAt * 1_000 };
  }

  async claimsOf(token: string): Promise<SessionClaims | undefined> {
    if (!COMPACT.test(token)) return undefined;
    const digest = hash("sha256", token, "hex");
    const found = this.verified.get(digest) ?? (await this.verify(token));
    if (!found || found.expiresAt <= this.clock.now()) return undefined;
    this.verified.set(digest, found);
    return found;
  }

  async rotate(): Promise<void> {
    this.keys = await rotateSigningKeys(this.options);
    this.readAt = this.clock.elapsed();
  }

  private async verify(token: string): Promise<Verified | undefined> {
    try {
      const { payload } = await jwtVerify(token, ({ kid }) => this.keyOf(kid), {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: AUDIENCE,
        typ: TYPE,
        currentDate: new Date(this.clock.now()),
        requiredClaims: ["sub", "exp", "iat"],
      });
      const passwordChanges = Number(payload[PASSWORD] ?? 0);
      return { subject: payload.sub ?? "", passwordChanges, expiresAt: (payload.exp ?? 0) * 1_000 };
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  private async keyOf(id: string | undefined): Promise<SigningKey["publicKey"]> {
    const key = this.known(await this.read(Infinity), id) ?? this.known(await this.read(UNKNOWN_KEY_PAUSE_MS), id);
    if (!key) throw new errors.JWKSNoMatchingKey();
    return key.publicKey;
  }

  private known({ current, previous }: SigningKeys, id: string | undefined): SigningKey | undefined {
    if (id === current.id) return current;
    const goodUntil = current.madeAt + LIFE_MS + KEYS_FOR_MS;
    return id === previous?.id && this.clock.now() < goodUntil ? previous : undefined;
  }

  /** The keys as they were at most `maxAgeMs` ago. */
  private async read(maxAgeMs: number): Promise<SigningKeys> {
    if (this.keys && this.clock.elapsed() - this.readAt < maxAgeMs) return this.keys;
    const readAt = this.clock.elapsed();
    this.keys = await loadSigningKeys(this.options);
    this.readAt = readAt;
    return this.keys;
  }
}

function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
