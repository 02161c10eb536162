import { defineError } from "@daybook/kernel/errors";

export const workflowDiverged = defineError({
  code: "workflow-diverged",
  advice: "The code no longer does what the run's history says. Bring back the old code, or guard the change by `ctx.patched`.",
});

export const workflowUnknown = defineError({
  code: "workflow-unknown",
  advice: "No run has this id, or its history was deleted after its time. Check the id.",
});

export const workflowNotRegistered = defineError({
  code: "workflow-not-registered",
  advice: "This process does not have that workflow, step, or message. Register it, or ask a process that has.",
});

export const workflowIdTaken = defineError({
  code: "workflow-id-taken",
  advice: "Another workflow runs, or ran, under this id. Choose another id, or another reuse policy.",
});

export const workflowEnded = defineError({
  code: "workflow-ended",
  advice: "The run has ended; nothing can be sent to it any more. Read its result.",
});

export const workflowAnswerPending = defineError({
  code: "workflow-answer-pending",
  advice: "The request is recorded and will be carried out, but no worker has answered yet. Look at the run later.",
  retryable: true,
});

export const workflowCancelled = defineError({
  code: "workflow-cancelled",
  advice: "The run, or this part of it, was cancelled. What was done is undone.",
});

export const workflowTimeout = defineError({
  code: "workflow-timeout",
  advice: "The run took longer than its policy allows. Look at what it waited for; start it again.",
});

export const workflowFailed = defineError({
  code: "workflow-failed",
  advice: "The run ended without a result; its reason is in the message. Look at its history.",
});

export const childWorkflowFailed = defineError({
  code: "child-workflow-failed",
  advice: "A child workflow ended without a result. Look at the child's history.",
});

export const workflowValueInvalid = defineError({
  code: "workflow-value-invalid",
  advice: "A value does not fit the schema that the workflow, step or message declares. Send what the schema says.",
});

export const stepHeartbeatMissed = defineError({
  code: "step-heartbeat-missed",
  advice: "The attempt was silent for longer than its contract allows. It is tried again while the policy says so.",
  retryable: true,
});

export const attemptLost = defineError({
  code: "attempt-lost",
  advice: "The process ended during the attempt; what it achieved is not known. It is tried again while the policy says so.",
  retryable: true,
});

export const attemptSuperseded = defineError({
  code: "attempt-superseded",
  advice: "Another attempt has taken this one's place. Stop; what is sent late is refused.",
});

export const scheduleInvalid = defineError({
  code: "workflow-schedule-invalid",
  advice: "Give either `everyMs` or a cron expression of five fields (minute hour day month weekday, UTC).",
});
