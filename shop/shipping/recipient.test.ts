import assert from "node:assert/strict";
import { test } from "node:test";
import { countryCodes } from "./country-code.ts";
import { recipientOf } from "./recipient.ts";

const codes = countryCodes();
const shop = { lines: ["High Street 1"], city: "Bristol", country: "GB" };
const address = { street: "Weg 1", city: "Bonn", postalCode: "53111", country: "Deutschland" };

test("countries are known by code and by name, in whatever case and accents", () => {
  const known: Readonly<Record<string, string>> = {
    DE: "DE",
    de: "DE",
    Germany: "DE",
    Allemagne: "DE",
    "united kingdom": "GB",
    UK: "GB",
    "U.K.": "GB",
    EIRE: "IE",
    Österreich: "AT",
    Osterreich: "AT",
    España: "ES",
    "Trinidad and Tobago": "TT",
    "The Netherlands": "NL",
    USA: "US",
    Czechia: "CZ",
  };
  for (const [name, code] of Object.entries(known)) assert.equal(codes(name), code, name);
  for (const name of ["Unspecified", "European Community", "EU", "DD", "XX", ""]) assert.equal(codes(name), undefined, name);
});

test("a parcel goes to the order's address, under the customer's name", () => {
  const to = recipientOf("ord_1", { firstName: "Ada", lastName: "Byron", address }, codes, shop);
  assert.deepEqual(to, { name: "Ada Byron", lines: ["Weg 1"], city: "Bonn", postalCode: "53111", country: "DE" });
});

test("an order without an address, or whose person was erased, is collected at the shop", () => {
  assert.deepEqual(recipientOf("ord_1", { firstName: "Ada" }, codes, shop), { name: "Ada", ...shop });
  assert.deepEqual(recipientOf("ord_1", null, codes, shop), { name: "Order ord_1", ...shop });
});

test("it is refused where nothing can be collected, and for a country that nobody knows", () => {
  const codeOf = (to: object) => ("refusal" in to ? (to.refusal as { code: string }).code : "none");
  assert.equal(codeOf(recipientOf("ord_1", null, codes, undefined)), "address-missing");
  const nowhere = { address: { ...address, country: "Atlantis" } };
  assert.equal(codeOf(recipientOf("ord_1", nowhere, codes, shop)), "shipment-refused");
});

test("a long street has two lines, a long name is cut", () => {
  const street = `${"Lane ".repeat(30)}9`;
  const to = recipientOf("ord_1", { firstName: "A".repeat(100), lastName: "B", address: { ...address, street } }, codes, shop);
  assert.ok("lines" in to && to.lines.length === 2 && to.lines.every((line) => line.length <= 100));
  assert.equal(to.name.length, 100);
  assert.equal(to.lines.join(" "), street);
});
