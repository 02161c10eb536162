import { notFound } from "@daybook/network/http/errors";
import { jsonAnswer, route, type Route } from "@daybook/network/http/route";
import { z } from "zod";
import type { Shop } from "./service.ts";

const rotationSchema = z.strictObject({
  state: z.enum(["rotating", "rotated", "failed"]),
  progress: z.strictObject({ seen: z.int(), wrapped: z.int() }),
  error: z.string().optional(),
});

const ROTATION = "/api/v1/keys/rotation";

/** Routes that exchange the master key. */
export function keyRoutes({ keyRotation }: Pick<Shop, "keyRotation">): readonly Route[] {
  return [
    route({
      method: "POST",
      path: ROTATION,
      name: "rotateKeys",
      summary: "Starts to exchange the master key, or goes on with what was interrupted",
      tag: "keys",
      auth: { roles: ["admin"] },
      success: { status: 202, schema: rotationSchema, headers: { location: "Where its progress is" } },
      handle: () => jsonAnswer(202, keyRotation.start(), { location: ROTATION }),
    }),
    route({
      method: "GET",
      path: ROTATION,
      name: "getKeyRotation",
      summary: "How far the last exchange of the master key is",
      tag: "keys",
      auth: { roles: ["admin"] },
      success: { status: 200, schema: rotationSchema },
      problems: ["not-found"],
      handle() {
        const state = keyRotation.state();
        if (!state) throw notFound("no exchange of the master key was started since the program was");
        return jsonAnswer(200, state);
      },
    }),
  ];
}
