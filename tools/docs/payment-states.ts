import { paymentStates } from "../../shop/payments/payment.ts";
import type { GeneratedDocument } from "./document.ts";

/** docs/payment-states.md: what may become of an order's payment, drawn. */
export const paymentStatesDocument: GeneratedDocument = {
  path: "docs/payment-states.md",
  render: () => `# States of a payment

There is one payment an order. What is not drawn is refused, with the state that refused it; what is said twice, or was
overtaken by what came of it, changes nothing. A payment in any state can be marked as disputed.

Made by \`npm run docs\` from \`shop/payments/payment.ts\`.

\`\`\`mermaid
${paymentStates.draw()}
\`\`\`
`,
};
