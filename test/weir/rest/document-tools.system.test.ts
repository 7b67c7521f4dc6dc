import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { authSecret } from "../support/http.ts"
import { type NodeServer, startNode } from "../support/node-server.ts"

/** The document, held to the tools that people use on it. They are no dependencies: docs/document.md says how to get them. */
const tools = join(import.meta.dirname, "../../../scripts/document-tools")
const installed = existsSync(join(tools, "node_modules/.bin/redocly"))
const python = spawnSync("schemathesis", ["--version"]).status === 0
if (!installed) console.log("document-tools: skipped; npm install --prefix scripts/document-tools")
if (!python) console.log("schemathesis: skipped; pip install schemathesis==4.32.5")

let server: NodeServer
let folder: string
let path: string
beforeAll(async () => {
  if (!installed && !python) return
  const admin = { FIRST_ADMIN_EMAIL: "root@example.com", FIRST_ADMIN_PASSWORD: "a lantern in the fog" }
  server = await startNode({ AUTH_SECRET: authSecret, LOG_LEVEL: "error", ...admin })
  if (!installed) return
  // Beside the tools, where what it imports is found.
  folder = mkdtempSync(join(tools, "node_modules/.weir-"))
  path = join(folder, "openapi.json")
  writeFileSync(path, await (await fetch(`${server.url}/openapi.json`)).text())
}, 180_000)
afterAll(async () => {
  await server?.stop()
  if (folder) rmSync(folder, { recursive: true })
})

/** Runs a program, without holding up what serves it here. */
function run(command: string, args: string[], cwd: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(command, args, { cwd, env: { ...process.env, BASE: server.url, CI: "true" } })
  let output = ""
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text))
  return new Promise((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code) => resolve({ code, output }))
  })
}
const tool = (name: string, ...args: string[]) => run(join(tools, "node_modules/.bin", name), args, folder)

const typed = `import createClient from "openapi-fetch"
import type { components, paths } from "./schema.js"
type Item = components["schemas"]["Item"]
const user = { email: "ann@example.com", username: "ann", password: "correct horse" }
const anonymous = createClient<paths>({ baseUrl: process.env.BASE })
await anonymous.POST("/users", { body: user })
const { data: token } = await anonymous.POST("/auth/token", {
  body: { username: "ann", password: user.password },
  headers: { "content-type": "application/x-www-form-urlencoded" },
  bodySerializer: (body) => new URLSearchParams(body as Record<string, string>),
})
const headers = { authorization: \`Bearer \${token?.access_token}\` }
const client = createClient<paths>({ baseUrl: process.env.BASE, headers })
const one = await client.POST("/items", { body: { title: "Lamp", price: 19.5 } })
const lamp: Item | undefined = one.data
const many = await client.POST("/items/batch", { body: [{ title: "Desk", price: 1 }, { title: "Chair", price: 2 }] })
const rest: Item[] | undefined = many.data
const own = await client.POST("/users/{id}/items", { params: { path: { id: "me" } }, body: { title: "Own", price: 3 } })
const me = await client.PATCH("/users/me", { body: { username: "ann-2" } })
console.log(JSON.stringify([lamp?.title, rest?.map(({ title }) => title), own.data?.title, me.data?.username]))
`
const tsconfig = {
  compilerOptions: {
    strict: true,
    noUncheckedIndexedAccess: true,
    target: "es2022",
    module: "nodenext",
    types: [],
  },
  files: ["client.ts"],
}

describe.runIf(installed)("the document", () => {
  test("passes redocly and spectral without an error", async () => {
    const redocly = await tool("redocly", "lint", path)
    expect(redocly.code, redocly.output).toBe(0)
    writeFileSync(join(folder, ".spectral.yaml"), 'extends: ["spectral:oas"]\n')
    const spectral = await tool("spectral", "lint", "-F", "error", path)
    expect(spectral.code, spectral.output).toBe(0)
  }, 600_000)

  test("gives a typed client that needs no cast, for one and for many, and that works", async () => {
    const types = await tool("openapi-typescript", path, "-o", join(folder, "schema.d.ts"))
    expect(types.code, types.output).toBe(0)
    writeFileSync(join(folder, "client.ts"), `declare const process: { env: { BASE: string } }\n${typed}`)
    writeFileSync(join(folder, "package.json"), '{"type":"module"}')
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig))
    const compiled = await tool("tsc", "-p", folder)
    expect(compiled.output).toBe("")
    const { output } = await run(process.execPath, [join(folder, "client.js")], folder)
    expect(JSON.parse(output)).toEqual(["Lamp", ["Desk", "Chair"], "Own", "ann-2"])
  }, 600_000)
})

describe.runIf(python)("the server", () => {
  test("does what the document says: schemathesis finds nothing in a minute", async () => {
    const body = new URLSearchParams({ username: "root@example.com", password: "a lantern in the fog" })
    const answer = await fetch(`${server.url}/auth/token`, { method: "POST", body })
    const { access_token } = (await answer.json()) as { access_token: string }
    const { code, output } = await run(
      "schemathesis",
      [
        ...["--config-file", join(tools, "schemathesis.toml"), "run", `${server.url}/openapi.json`],
        ...["--max-time", "60", "--seed", "1", "--request-timeout", "60", "--continue-on-failure"],
        ...["-H", `Authorization: Bearer ${access_token}`],
      ],
      mkdtempSync(join(tmpdir(), "weir-schemathesis-")),
    )
    expect(code, output).toBe(0)
  }, 600_000)
})
