import { fail } from "./fail.ts"
import { parseEnv } from "./settings.ts"

/** `npm start`. A wrong setting is told before anything else is loaded. */
try {
  const settings = parseEnv(process.env)
  const { serveApi } = await import("./server.ts")
  await serveApi(settings)
} catch (error) {
  fail("Weir did not start.", error)
}
