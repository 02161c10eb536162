/** Whoever does not wait for a command must not bring the process down when it fails. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
