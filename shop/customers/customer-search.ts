import { projection, type Projection } from "@daybook/data/cqrs/projection";
import { readModel } from "@daybook/data/cqrs/read-model";
import { mergedTokens, rowsWithTokens, tokenIndex, type Tokened } from "@daybook/data/cqrs/token-index";
import type { Store } from "@daybook/data/store";
import { normalised, reveal, searchTokens, type SubjectKeys } from "@daybook/kernel/sealed";
import type { Profile } from "./contract.ts";
import { CUSTOMER_CATEGORY, type CustomerEvent } from "./events.ts";

/** The read model "customer-search": one row a customer, with the tokens of the names and the address that it has now. */
const CUSTOMER_SEARCH = "customer-search";

/** Keeps the tokens of every customer; gone when the customer is deleted. */
export function customerSearchProjection(keys: SubjectKeys, secret: Uint8Array): Projection<Tokened, CustomerEvent> {
  return projection<Tokened, CustomerEvent>({
    name: CUSTOMER_SEARCH,
    version: 1,
    categories: [CUSTOMER_CATEGORY],
    types: ["CustomerRegistered", "CustomerUpdated", "CustomerDeleted"],
    async project({ event }, view) {
      if (event.type === "CustomerDeleted") view.delete(event.data.customerId);
      if (event.type !== "CustomerRegistered" && event.type !== "CustomerUpdated") return;
      const profile = await reveal(keys, event.data.profile);
      if (!profile) return;
      const tokens = mergedTokens(searchedTexts(profile).flatMap((text) => searchTokens(secret, text)));
      view.put(event.data.customerId, { tokens }, tokenIndex(tokens));
    },
  });
}

/** Ids of customers that have all tokens of `text`. */
export async function* customersLike(store: Store, secret: Uint8Array, text: string): AsyncIterable<string> {
  const model = readModel<Tokened>(store, CUSTOMER_SEARCH);
  for await (const { key } of rowsWithTokens(model, searchTokens(secret, text))) yield key;
}

/** Tokens are of three characters: whether the whole text is there is seen in the opened profile only. */
export function contains(profile: Profile, text: string): boolean {
  const sought = normalised(text);
  return searchedTexts(profile).some((field) => normalised(field).includes(sought));
}

/** The personal texts that customers are found by. */
function searchedTexts({ userName, firstName, lastName, email }: Profile): readonly string[] {
  return [`${firstName} ${lastName}`, email, userName];
}
