import { json, type KeyedCall, type Route } from "../http/route.ts";
import { moveParcel } from "./moving.ts";
import { cancel, listParcels, listRates, readJournal, readParcel, ship, type CarrierDesk } from "./shipping.ts";

export function carrierRoutes(desk: CarrierDesk): readonly Route[] {
  const keyed = { partner: "carrier", method: "POST", isKeyed: true } as const;
  const read = { partner: "carrier", method: "GET" } as const;
  const post = { partner: "carrier", method: "POST" } as const;
  return [
    { ...keyed, path: "/carrier/v1/parcels", operation: "ship", run: (call: KeyedCall) => ship(desk, call) },
    { ...keyed, path: "/carrier/v1/cancellations", operation: "cancel", run: (call: KeyedCall) => cancel(desk, call) },
    { ...post, path: "/carrier/v1/parcels/:id/hold", run: ({ params: [id = ""] }) => json(200, moveParcel(desk, id, "held")) },
    {
      ...post,
      path: "/carrier/v1/parcels/:id/release",
      run: ({ params: [id = ""] }) => json(200, moveParcel(desk, id, "created")),
    },
    { ...read, path: "/carrier/v1/parcels/:id", run: (call) => json(200, readParcel(desk, call)) },
    { ...read, path: "/carrier/v1/parcels", run: (call) => json(200, listParcels(desk, call)) },
    { ...read, path: "/carrier/v1/journal", run: (call) => json(200, readJournal(desk, call)) },
    { ...read, path: "/carrier/v1/rates", run: (call) => json(200, listRates(desk, call)) },
  ];
}
