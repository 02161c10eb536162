import { path, type ClientRequest } from "../connection/client.ts";
import { connected } from "../connection/connect.ts";
import { readDocument, readList } from "../connection/documents.ts";
import type { Command, Flag, Invocation } from "../shell/command.ts";
import { CONNECTION, FLAGS, OUTPUT } from "../shell/flags.ts";
import { printDocument, printList, type Column, type Fields } from "../shell/output.ts";
import { amountOf, needed, printChanged } from "./changed.ts";

const PRODUCT = { name: "PRODUCT", summary: "a product's id" };
const PRICE: Flag = { name: "price", value: "AMOUNT", summary: 'Of one piece, with its currency: "8.50 GBP"' };
const IF_VERSION: Flag = { ...FLAGS.ifVersion, summary: "Only when the product is at this version" };
const CHANGING: readonly Flag[] = [IF_VERSION, FLAGS.idempotencyKey, FLAGS.wait, ...CONNECTION, ...OUTPUT];
const PAGE_MAX = 200;

const COLUMNS: readonly Column[] = [
  ["PRODUCT", "productId"],
  ["NAME", "name"],
  ["PRICE", "price.amount"],
  ["CURRENCY", "price.currency"],
];

export const productListCommand: Command = {
  noun: "product",
  verb: "ls",
  summary: "Products that can be ordered, by id",
  flags: [
    { name: "limit", value: "N", summary: "At most so many (50)", range: [1, 1_000_000] },
    ...CONNECTION,
    ...OUTPUT,
    FLAGS.jsonl,
  ],
  async run(invocation) {
    const limit = invocation.flags.number("limit") ?? 50;
    const products: Fields[] = [];
    await connected(invocation, "read", async (client) => {
      for (let after: string | undefined; products.length < limit;) {
        const query = { after, limit: Math.min(PAGE_MAX, limit - products.length) };
        const { records } = readList((await client.call({ path: "/api/v1/products", query })).body, "products");
        if (records.length === 0) return;
        products.push(...records);
        after = String(records.at(-1)?.["productId"]);
      }
    });
    printList(invocation, products, COLUMNS, { products });
  },
};

export const productSearchCommand: Command = {
  noun: "product",
  verb: "search",
  summary: "Products by the beginnings of words of their names and ids",
  operands: [{ name: "TEXT", summary: "words, or how they begin" }],
  flags: [...CONNECTION, ...OUTPUT, FLAGS.jsonl],
  examples: ["daybook product search 'enam mug'"],
  async run(invocation) {
    const request: ClientRequest = {
      path: "/api/v1/products/search",
      query: { q: invocation.operands["TEXT"] ?? "", limit: 100 },
    };
    await connected(invocation, "read", async (client) => {
      const { records } = readList((await client.call(request)).body, "products");
      printList(invocation, records, COLUMNS, { products: records });
    });
  },
};

export const productGetCommand: Command = {
  noun: "product",
  verb: "get",
  summary: "A product with its price",
  operands: [PRODUCT],
  flags: [...CONNECTION, ...OUTPUT],
  run: (invocation) =>
    connected(invocation, "read", async (client) => {
      const { body } = await client.call({ path: path`/api/v1/products/${productOf(invocation)}` });
      printDocument(invocation, readDocument(body));
    }),
};

export const productRecommendCommand: Command = {
  noun: "product",
  verb: "recommend",
  summary: "Products that were bought together with one, or what sells best",
  details: "What they are is said on stderr, and whether that is an answer for want of a better one (degraded).",
  operands: [PRODUCT],
  flags: [...CONNECTION, ...OUTPUT, FLAGS.jsonl],
  run: (invocation) =>
    connected(invocation, "read", async (client) => {
      const { body } = await client.call({ path: path`/api/v1/products/${productOf(invocation)}/recommendations` });
      const document = readDocument(body);
      const { basis, isDegraded } = document;
      printList(invocation, readList(body, "products").records, COLUMNS, document);
      const { flags, terminal } = invocation;
      if (!flags.isSet("quiet")) terminal.err(`${String(basis)}${isDegraded === true ? ", degraded" : ""}\n`);
    }),
};

export const productPutCommand: Command = {
  noun: "product",
  verb: "list",
  summary: "List a product, or change its name and price",
  operands: [PRODUCT],
  flags: [{ name: "name", value: "TEXT", summary: "As customers see it" }, PRICE, ...CHANGING],
  examples: ["daybook product list jug --name 'Stoneware jug' --price '12.00 GBP'"],
  run(invocation) {
    const { flags } = invocation;
    const price = amountOf(needed(flags, "price", "product list"));
    const body = { productId: productOf(invocation), name: needed(flags, "name", "product list"), price };
    return printChanged(invocation, { path: "/api/v1/products", body });
  },
};

export const productPriceCommand: Command = {
  noun: "product",
  verb: "price",
  summary: "Change a product's price; orders keep the one that they were placed at",
  operands: [PRODUCT],
  flags: [PRICE, ...CHANGING],
  run(invocation) {
    const body = amountOf(needed(invocation.flags, "price", "product price"));
    return printChanged(invocation, { path: path`/api/v1/products/${productOf(invocation)}/price`, body });
  },
};

function productOf({ operands }: Invocation): string {
  return operands["PRODUCT"] ?? "";
}
