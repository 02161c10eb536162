import { hash, timingSafeEqual } from "node:crypto";
import type { Random } from "@daybook/kernel/random";

/** Who asks: proven by a token, never by a header that merely says so. */
export interface Principal {
  /** `usr_…`, `cus_…`, `sys_…`. */
  readonly id: string;
  readonly roles: readonly string[];
  readonly tenant: string;
}

/** Port: whom a bearer token belongs to; undefined when it is unknown, expired or revoked. */
export interface Principals {
  authenticate(token: string): Principal | undefined | Promise<Principal | undefined>;
}

/** The principal of requests to public routes. */
export const ANONYMOUS: Principal = { id: "anonymous", roles: [], tenant: "" };

export interface IssuedToken {
  /** SHA-256 of the token, hex: tokens themselves are not kept. */
  readonly digest: string;
  readonly principal: Principal;
}

/** Principals by opaque tokens, found by the digest and compared in constant time. */
export function tokenPrincipals(issued: readonly IssuedToken[]): Principals {
  const byPrefix = new Map<string, { readonly digest: Uint8Array; readonly principal: Principal }[]>();
  for (const { digest, principal } of issued) {
    const prefix = digest.slice(0, PREFIX);
    byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), { digest: Buffer.from(digest, "hex"), principal }]);
  }
  return {
    authenticate(token) {
      const digest = hash("sha256", token, "buffer");
      const candidates = byPrefix.get(digest.toString("hex", 0, PREFIX / 2));
      return candidates?.find((each) => timingSafeEqual(each.digest, digest))?.principal;
    },
  };
}

/** Principals of several sources: asked in turn, the first that knows a token says whose it is. */
export function principalsOf(...sources: readonly Principals[]): Principals {
  return {
    authenticate(token) {
      for (const [index, source] of sources.entries()) {
        const found = source.authenticate(token);
        if (found instanceof Promise) return found.then((known) => known ?? rest(sources, index).authenticate(token));
        if (found) return found;
      }
      return undefined;
    },
  };
}

function rest(sources: readonly Principals[], index: number): Principals {
  return principalsOf(...sources.slice(index + 1));
}

/** Hex digits of a digest by which candidates are found; what their timing tells is nothing about the token. */
const PREFIX = 8;

/** A new opaque token: 256 random bits. */
export function newToken(random: Random): string {
  const words = Uint32Array.from({ length: 8 }, () => random.word());
  return `dbk_${Buffer.from(words.buffer).toString("base64url")}`;
}

/** What is kept of a token. */
export function tokenDigest(token: string): string {
  return hash("sha256", token, "hex");
}
