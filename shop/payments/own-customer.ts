import type { HttpRequest } from "@daybook/network/http/route";

/** The customer that a request is limited to; undefined for principals who may see all. */
export function ownCustomer({ principal }: HttpRequest): string | undefined {
  return principal.roles.some((role) => role === "operator" || role === "viewer") ? undefined : principal.id;
}
