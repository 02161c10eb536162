import { orderStates } from "../../shop/ordering/order.ts";
import type { GeneratedDocument } from "./document.ts";

/** docs/order-states.md: the table that decides which command is legal in which state, drawn. */
export const orderStatesDocument: GeneratedDocument = {
  path: "docs/order-states.md",
  render: () => `# States of an order

What is not drawn is refused, with the state that refused it.

Made by \`npm run docs\` from \`shop/ordering/order.ts\`.

\`\`\`mermaid
${orderStates.draw()}
\`\`\`
`,
};
