import { join } from "node:path"
import type { Urls } from "./databases.ts"
import { freePort, start, until } from "./processes.ts"
import { account } from "./routes.ts"

/** `floor`: as fast as it gets by hand. `product`: this project. `ordinary`: as it is usually built. */
export const serverNames = ["floor", "product", "ordinary"] as const
export type ServerName = (typeof serverNames)[number]

/** Where each server listens. */
export type Origins = Record<ServerName, string>

const programs: Record<ServerName, string> = {
  floor: "floor.ts",
  product: "../src/runtime/node.ts",
  ordinary: "ordinary.ts",
}

/** One secret for all: a token of the product's is good for the ordinary server too. */
const secret = "a secret of the bench, 32 bytes or longer"

/** Starts the three, each on its own database, with the product's default settings. */
export async function startServers(urls: Urls): Promise<Origins> {
  const entries = serverNames.map(async (name) => {
    const port = await freePort()
    const origin = `http://127.0.0.1:${port}`
    // Nothing else of this environment: settings left over in it would be measured too.
    const env = {
      PATH: process.env.PATH,
      NODE_ENV: "production",
      DATABASE_URL: urls[name],
      PORT: String(port),
      AUTH_SECRET: secret,
    }
    const child = start(process.execPath, [join(import.meta.dirname, programs[name])], { env })
    await until(name, child, async () => (await fetch(`${origin}/items/1`)).ok)
    return [name, origin] as const
  })
  return Object.fromEntries(await Promise.all(entries)) as Origins
}

/** Signs in at the product. */
export async function signIn({ product }: Origins): Promise<string> {
  const form = new URLSearchParams({ username: account.email, password: account.password })
  const response = await fetch(`${product}/auth/token`, { method: "POST", body: form })
  if (!response.ok) throw new Error(`The sign-in was answered with ${response.status}`)
  const { access_token } = (await response.json()) as { access_token: string }
  return access_token
}
