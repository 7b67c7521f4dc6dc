import "#fresh"
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { schemas } from "./support/schemas.ts"
import { serving } from "./support/served.ts"

/** The documents, as openapi-typescript and tsc take them. The tools are no dependencies: docs/document.md. */
const tools = join(import.meta.dirname, "../../../scripts/document-tools/node_modules")
const installed = existsSync(join(tools, ".bin/openapi-typescript"))

function run(name: string, args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(join(tools, ".bin", name), args, { cwd: tools })
  let output = ""
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text))
  return new Promise((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code) => resolve({ code, output }))
  })
}

const compilerOptions = {
  strict: true,
  skipLibCheck: false,
  target: "es2022",
  module: "nodenext",
  noEmit: true,
  types: [],
}

describe.runIf(installed).each(schemas)("$name", (schema) => {
  const served = serving(schema)
  let folder = ""
  beforeAll(() => {
    folder = mkdtempSync(join(tools, ".weir-"))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test("its document makes types that tsc takes strictly, a table a type", async () => {
    const { text } = await served().call("GET", "/openapi.json")
    writeFileSync(join(folder, "openapi.json"), text)
    const types = await run("openapi-typescript", [
      join(folder, "openapi.json"),
      "-o",
      join(folder, "schema.d.ts"),
    ])
    expect(types.code, types.output).toBe(0)
    const uses = schema.tables.map(({ name, columns }, i) => {
      const hidden = schema.hidden[name] ?? []
      const shown = Object.keys(columns).find((property) => !hidden.includes(property))
      const list = `paths[${JSON.stringify(`/${name}`)}]["get"]["responses"]["200"]["content"]["application/json"]`
      const wrong = hidden.map(
        (property) =>
          `// @ts-expect-error hidden\nexport type H${i}${property} = R${i}[${JSON.stringify(property)}]`,
      )
      return [
        `type R${i} = ${list}[number]`,
        `export type V${i} = R${i}[${JSON.stringify(shown)}]`,
        ...wrong,
      ].join("\n")
    })
    writeFileSync(join(folder, "use.ts"), `import type { paths } from "./schema.js"\n${uses.join("\n")}\n`)
    writeFileSync(join(folder, "package.json"), '{"type":"module"}')
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["use.ts"] }))
    expect((await run("tsc", ["-p", folder])).output).toBe("")
  }, 300_000)
})
