import { json, type KeyedCall, type Route } from "../http/route.ts";
import { cancel, charge, listCharges, readCharge, readJournal, refund, type CardDesk } from "./charging.ts";

export function cardRoutes(desk: CardDesk): readonly Route[] {
  const keyed = { partner: "card", method: "POST", isKeyed: true } as const;
  const read = { partner: "card", method: "GET" } as const;
  return [
    { ...keyed, path: "/card/v1/charges", operation: "charge", run: (call: KeyedCall) => charge(desk, call) },
    { ...keyed, path: "/card/v1/charges/:id/refunds", operation: "refund", run: (call: KeyedCall) => refund(desk, call) },
    { ...keyed, path: "/card/v1/cancellations", operation: "cancel", run: (call: KeyedCall) => cancel(desk, call) },
    { ...read, path: "/card/v1/charges/:id", run: (call) => json(200, readCharge(desk, call)) },
    { ...read, path: "/card/v1/charges", run: (call) => json(200, listCharges(desk, call)) },
    { ...read, path: "/card/v1/journal", run: (call) => json(200, readJournal(desk, call)) },
  ];
}
