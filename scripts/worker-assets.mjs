// Puts the files of Swagger UI where a Worker's assets are taken from.
import { copyFileSync, mkdirSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

const from = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"))
const to = join(
  import.meta.dirname ?? new URL(".", import.meta.url).pathname,
  "../.wrangler/assets/swagger-ui-dist",
)
mkdirSync(to, { recursive: true })
for (const name of ["swagger-ui.css", "swagger-ui-bundle.js"]) copyFileSync(join(from, name), join(to, name))
