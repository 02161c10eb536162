import assert from "node:assert/strict";
import { test } from "node:test";
import { errorCode } from "@daybook/kernel/errors";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { partnerUnavailable } from "@daybook/network/http/errors";
import { partner } from "@daybook/network/http/partner";
import { httpCarrier } from "./http-carrier.ts";

test("a carrier that is away is left alone, and who tries again gets a turn", async () => {
  const clock = virtualClock();
  let calls = 0;
  const client = {
    request() {
      calls++;
      return Promise.reject(partnerUnavailable("away"));
    },
    close: async () => {},
  };
  const carrier = httpCarrier(partner({ client, clock, name: "Trial Post", hasBreaker: true }));
  const ask = () => carrier.find("parcel-1", undefined).then(() => undefined, errorCode);
  const codes = [];
  for (let n = 0; n < 30; n++) codes.push(await ask());
  assert.deepEqual(
    [codes[0], codes[20], codes[21], codes[29]],
    ["carrier-unavailable", "carrier-unavailable", "retry-deferred", "retry-deferred"],
  );
  assert.equal(calls, 5);
});
