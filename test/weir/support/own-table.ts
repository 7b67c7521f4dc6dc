import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { type Project, project } from "./project.ts"

/** A project without migrations that serves one table of a team's own, which the text of its schema exports by that name. */
export function withTable(
  name: string,
  schema: string,
  options = "{ read: anyone, create: anyone }",
): Project {
  const at = project()
  for (const path of ["src/schema", "drizzle"]) rmSync(join(at.folder, path), { recursive: true })
  mkdirSync(join(at.folder, "src/schema"))
  at.write(`src/schema/${name}.ts`, schema)
  at.write(
    "src/api.ts",
    `import { anyone, defineApi, resourcesOf } from "#weir"
import * as schema from "./schema/${name}.ts"
const resources = resourcesOf(schema, { ${name}: ${options} })
export const api = defineApi({ title: "Own", version: "1", accounts: false, schema, resources })
`,
  )
  return at
}
