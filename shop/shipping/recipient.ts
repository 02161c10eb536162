import { refuse, type Refusal } from "@daybook/data/cqrs/decider";
import type { Answer, Call } from "@daybook/network/rpc/contract";
import type { Recipient } from "./carrier.ts";
import type { CountryCodes } from "./country-code.ts";

/** Who gets an order's parcel, and where, as whoever took the order knows it. */
export interface Contact {
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly address?:
    | { readonly street: string; readonly city: string; readonly postalCode?: string | undefined; readonly country: string }
    | undefined;
}

/** Port: the contact of an order; null when there is none. */
export interface Contacts {
  contactOf(about: { readonly orderId: string }, call: Call): Promise<Answer<Contact | null>>;
}

/** Longest text that carriers print on a line. */
const LINE_MAX = 100;

/**
 * Where an order's parcel goes. An order without an address waits at `collectAt` for its customer, under their name or the
 * order's id; where there is no such place it is `address-missing`. A country that nobody knows is `shipment-refused`.
 */
export function recipientOf(
  orderId: string,
  contact: Contact | null,
  codes: CountryCodes,
  collectAt: Omit<Recipient, "name"> | undefined,
): Recipient | { readonly refusal: Refusal } {
  const named = [contact?.firstName, contact?.lastName].filter((part) => part !== undefined).join(" ");
  const name = (named || `Order ${orderId}`).slice(0, LINE_MAX);
  const address = contact?.address;
  if (!address) {
    return collectAt ? { name, ...collectAt } : refuse("address-missing", "The order does not say where it goes.");
  }
  const country = codes(address.country);
  if (country === undefined) return refuse("shipment-refused", "The address names a country that is not known.");
  const { city, postalCode } = address;
  return { name, lines: linesOf(address.street), city, ...(postalCode !== undefined && { postalCode }), country };
}

/** At most as many as fit, broken between words where possible. */
function linesOf(street: string): readonly string[] {
  if (street.length <= LINE_MAX) return [street];
  const space = street.lastIndexOf(" ", LINE_MAX);
  const end = space > 0 ? space : LINE_MAX;
  return [street.slice(0, end), street.slice(end).trim().slice(0, LINE_MAX)];
}
