import { spawnSync } from "node:child_process"
import { expect, test } from "vitest"

const module = new URL("../../../src/weir/runtime/signals.ts", import.meta.url).href

/** What a process prints that runs `code`, in which `say` prints and ends it. */
const printed = (code: string): string =>
  spawnSync(
    process.execPath,
    [
      "--input-type=module",
      "--eval",
      `import { onEndSignal } from ${JSON.stringify(module)}
const say = (word) => () => { process.stdout.write(word); process.exit() }
${code}
setTimeout(say("nothing"), 5_000)`,
    ],
    { encoding: "utf8" },
  ).stdout

test.each(["SIGTERM", "SIGINT", "SIGHUP"])("%s calls what was set last", (signal) => {
  expect(
    printed(`onEndSignal(say("first")); onEndSignal(say("last")); process.kill(process.pid, "${signal}")`),
  ).toBe("last")
})

test("a signal that comes while a server starts is not lost: what is set next answers it", () => {
  expect(
    printed(`onEndSignal(say("first")); process.kill(process.pid, "SIGTERM"); onEndSignal(say("last"))`),
  ).toBe("last")
})
