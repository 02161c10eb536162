/** What a service costs and how long it takes. */
export interface Rate {
  readonly service: Service;
  readonly amountMinor: number;
  readonly currency: string;
  readonly days: number;
}

export const SERVICES = ["standard", "express"] as const;
export type Service = (typeof SERVICES)[number];

const DAY_MS = 86_400_000;

/** Rates in euro cents for a parcel of `weightGrams`; two days more out of the carrier's own country. */
export function rates(weightGrams: number, country: string): readonly Rate[] {
  const kilograms = Math.max(1, Math.ceil(weightGrams / 1000));
  return SERVICES.map((service) => ({
    service,
    amountMinor: (service === "express" ? 990 : 490) + 50 * kilograms + (isHome(country) ? 0 : 800),
    currency: "EUR",
    days: transitDays(service, country),
  }));
}

/** Day, as `2026-11-24`, on which a parcel handed over at `now` is expected to arrive. */
export function estimatedDelivery(service: Service, country: string, now: number): string {
  return new Date(now + transitDays(service, country) * DAY_MS).toISOString().slice(0, 10);
}

function transitDays(service: Service, country: string): number {
  return (service === "express" ? 1 : 3) + (isHome(country) ? 0 : 2);
}

function isHome(country: string): boolean {
  return country === "DE";
}
