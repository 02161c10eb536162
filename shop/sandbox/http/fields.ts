import { z } from "zod";

/** Fields that more than one partner has. */
export const keyField = z.string().regex(/^[!-~]{1,255}$/, "1 to 255 visible ASCII characters");
/** Names, for the client, the one thing that is to be paid or sent once. */
export const referenceField = z.string().min(1).max(255);
