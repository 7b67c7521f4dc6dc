import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { type Project, project } from "./project.ts"

/** A project without migrations that serves a team's own tables: those of a schema file with that text. */
export function withTables(schema: string, resources: string): Project {
  const at = project()
  for (const path of ["src/schema", "drizzle"]) rmSync(join(at.folder, path), { recursive: true })
  mkdirSync(join(at.folder, "src/schema"))
  at.write("src/schema/tables.ts", schema)
  at.write(
    "src/api.ts",
    `import { anyone, defineApi, resourcesOf } from "#weir"
import * as schema from "./schema/tables.ts"
const resources = resourcesOf(schema, ${resources})
export const api = defineApi({ title: "Own", version: "1", accounts: false, schema, resources })
`,
  )
  return at
}
