import { eachOf, wrong, type WrongRequest } from "../wrong-request.ts";

const DEPOSIT = "POST /api/v1/accounts/{account}/deposit";
const WITHDRAW = "POST /api/v1/accounts/{account}/withdraw";
const POUND = { amount: "1.00", currency: "GBP", reason: "a test" };

/** Money that is not moved. */
export const MONEY: readonly WrongRequest[] = [
  ...eachOf(["0.00", "-1.00"], (amount) =>
    wrong(`a deposit of "${amount}"`, DEPOSIT, { ...POUND, amount }, 400, "amount-not-positive"),
  ),
  wrong("a deposit with a fraction of a penny", DEPOSIT, { ...POUND, amount: "1.001" }, 400, "invalid-amount"),
  ...eachOf(["1e2", "1,00", " 1.00", "0x10", "NaN", "", "9".repeat(40), "Infinity"], (amount) =>
    wrong(`a deposit of "${amount.slice(0, 12)}"`, DEPOSIT, { ...POUND, amount }, 400, "request-invalid"),
  ),
  wrong("a deposit of a number", DEPOSIT, { ...POUND, amount: 1 }, 400, "request-invalid"),
  ...eachOf(["gbp", "GB", "XXXX", ""], (currency) =>
    wrong(`a deposit in "${currency}"`, DEPOSIT, { ...POUND, currency }, 400, "request-invalid"),
  ),
  wrong("a deposit in another currency", DEPOSIT, { ...POUND, currency: "EUR" }, 409, "currency-differs"),
  wrong("a deposit in a currency that is none", DEPOSIT, { ...POUND, currency: "ZZZ" }, 409, "currency-differs"),
  wrong("a deposit without reason", DEPOSIT, { ...POUND, reason: undefined }, 400, "request-invalid"),
  wrong("a deposit on nothing", "POST /api/v1/accounts/acc_none/deposit", POUND, 404, "account-not-found"),
  wrong(
    "a deposit on what is closed",
    "POST /api/v1/accounts/{closedAccount}/deposit",
    { ...POUND, currency: "EUR" },
    409,
    "account-closed",
  ),
  wrong("a withdrawal of more than there is", WITHDRAW, { ...POUND, amount: "10.01" }, 409, "insufficient-funds"),
  wrong("a withdrawal from what is empty", "POST /api/v1/accounts/{emptyAccount}/withdraw", POUND, 409, "insufficient-funds"),
  wrong("a withdrawal with a field too many", WITHDRAW, { ...POUND, to: "acc_mine" }, 400, "request-invalid"),
  wrong("closing what is not empty", "POST /api/v1/accounts/{account}/close", {}, 409, "account-not-empty"),
  wrong("closing what is closed", "POST /api/v1/accounts/{closedAccount}/close", {}, 409, "account-closed"),
  wrong("an account for nobody", "POST /api/v1/accounts", { ownerId: "", currency: "GBP" }, 400, "request-invalid"),
  wrong("an account in no currency", "POST /api/v1/accounts", { ownerId: "{ada}", currency: "gold" }, 400, "request-invalid"),
  wrong("another's account", "GET /api/v1/accounts/{account}", undefined, 404, "not-found", { as: "ben" }),
  wrong("an account that is not there", "GET /api/v1/accounts/acc_none", undefined, 404, "not-found"),
  wrong("a cursor of accounts of one's own", "GET /api/v1/accounts?cursor=!!", undefined, 400, "cursor-invalid"),
  wrong("a bill that is not there", "GET /api/v1/bills/2026/999999", undefined, 404, "not-found"),
  wrong("a bill of no year", "GET /api/v1/bills/MMXXVI/1", undefined, 400, "request-invalid"),
  wrong("the page of a bill that is not there", "GET /api/v1/bills/2026/999999/page", undefined, 404, "not-found"),
];
