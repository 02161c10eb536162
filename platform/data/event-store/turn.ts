/** Lets others of this process run: work that follows itself must not keep the event loop to itself. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
