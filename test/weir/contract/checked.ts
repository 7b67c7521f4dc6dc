import { test } from "vitest"

/** A test, or where there is a reason why nothing can be checked, a skipped one that says so. */
export function checked(name: string, reason: string | false, run: () => Promise<void>): void {
  if (reason) test.skip(`${name} (${reason})`, run)
  else test(name, run)
}
