import { eachOf, wrong, type WrongRequest } from "../wrong-request.ts";

const NO_RUN = "/api/v1/workflows/order-processing-none";
const QUEUE = "/api/v1/queues/notifications";

/** What operators ask of what is not there, or cannot be. */
export const OPERATIONS: readonly WrongRequest[] = [
  wrong("a run that is not there", `GET ${NO_RUN}`, undefined, 404, "workflow-unknown"),
  wrong("the history of no run", `GET ${NO_RUN}/history`, undefined, 404, "workflow-unknown"),
  ...eachOf(["cancel", "pause", "resume", "terminate"], (verb) =>
    wrong(`${verb} of no run`, `POST ${NO_RUN}/${verb}`, { reason: "a test" }, 404, "workflow-unknown"),
  ),
  ...eachOf(["cancel", "pause", "terminate"], (verb) =>
    wrong(`${verb} without reason`, `POST ${NO_RUN}/${verb}`, {}, 400, "request-invalid"),
  ),
  wrong("a signal without name", `POST ${NO_RUN}/signal`, { value: 1 }, 400, "request-invalid"),
  wrong("a signal to no run", `POST ${NO_RUN}/signal`, { name: "released", value: {} }, 404, "workflow-unknown"),
  wrong("a reset to no step", `POST ${NO_RUN}/reset`, { reason: "a test" }, 400, "request-invalid"),
  wrong("runs of an unknown status", "GET /api/v1/workflows?status=asleep", undefined, 400, "request-invalid"),
  wrong("runs after a cursor of one's own", "GET /api/v1/workflows?cursor=x", undefined, 400, "cursor-invalid"),
  wrong("a queue that is not there", "GET /api/v1/queues/none", undefined, 404, "not-found"),
  wrong("messages of no queue", "GET /api/v1/queues/none/messages", undefined, 404, "not-found"),
  wrong("messages after a cursor of one's own", `GET ${QUEUE}/messages?cursor=x`, undefined, 400, "cursor-invalid"),
  wrong("a dead letter that is not there", `GET ${QUEUE}/dead/msg_none`, undefined, 404, "dead-letter-unknown"),
  wrong(
    "an edit of a dead letter that is not there",
    `POST ${QUEUE}/dead/msg_none/edit`,
    { message: {} },
    404,
    "dead-letter-unknown",
  ),
  wrong("a dead letter that is not there, discarded", `POST ${QUEUE}/dead/msg_none/discard`, {}, 404, "dead-letter-unknown"),
  wrong("a redrive of nothing", `POST ${QUEUE}/redrive`, {}, 400, "request-invalid"),
  wrong("a redrive of one and all", `POST ${QUEUE}/redrive`, { id: "x", all: true }, 400, "request-invalid"),
  wrong("a pause of no queue", "POST /api/v1/queues/none/pause", {}, 404, "not-found"),
  wrong("a rebuild of nothing", "POST /api/v1/projections/none/rebuild", undefined, 404, "not-found"),
  wrong("the rebuild of nothing", "GET /api/v1/projections/none/rebuild", undefined, 404, "not-found"),
  wrong("a question that nobody asked", "GET /api/v1/questions/qst_none", undefined, 404, "not-found"),
  wrong("one that is taken", "POST /api/v1/questions/qst_none/take", { note: "mine" }, 404, "question-not-found"),
  wrong("one that is resolved without a reason", "POST /api/v1/questions/qst_none/resolve", {}, 400, "request-invalid"),
  wrong("questions by two criteria", "GET /api/v1/questions?status=open&source=payments", undefined, 400, "request-invalid"),
  wrong("questions after no cursor", "GET /api/v1/questions?cursor=x", undefined, 400, "cursor-invalid"),
  wrong("a comparison of nothing", "POST /api/v1/comparisons", { source: "nobody" }, 400, "request-invalid"),
  wrong(
    "a comparison of what is to come",
    "POST /api/v1/comparisons",
    { source: "payments", to: "2999-01-01T00:00:00Z" },
    400,
    "request-invalid",
  ),
  wrong("imported orders that are none", "POST /api/v1/imports/orders", { orders: [{}] }, 400, "request-invalid"),
  wrong(
    "10,000 imported orders at once",
    "POST /api/v1/imports/orders",
    { orders: Array.from({ length: 10_000 }, () => 1) },
    400,
    "request-invalid",
  ),
];
