import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { z } from "zod"
import { sampleHash } from "../src/weir/cli/adopt/replace.ts"
import { type ProblemCode, problemCodes, titles } from "../src/weir/problem.ts"
import { issueCodes, problemTexts } from "../src/weir/problem-texts.ts"
import { settingTexts } from "../src/weir/runtime/setting-texts.ts"
import { type Settings, settings } from "../src/weir/runtime/settings.ts"

/** The pages that are written from the code, by their paths: `npm run docs` writes them, and a test holds them to it. */
export const pages: Record<string, () => string> = {
  "docs/settings.md": settingsPage,
  "docs/errors.md": errorsPage,
  "src/weir/cli/adopt/samples.ts": sampleHashes,
}

const row = (...cells: string[]): string => `| ${cells.join(" | ")} |`
const table = (head: string[], rows: string[][]): string =>
  [row(...head), row(...head.map(() => "---")), ...rows.map((cells) => row(...cells))].join("\n")

/** A setting's default as one would write it. */
function defaultOf(schema: z.ZodType): string {
  if (schema instanceof z.ZodPipe) return defaultOf(schema.in as z.ZodType)
  if (!(schema instanceof z.ZodDefault)) return ""
  const value: unknown = schema.def.defaultValue
  return Array.isArray(value) && value.length === 0 ? "none" : `\`${String(value)}\``
}

/** What a setting may be, where its schema says it in numbers or by name. */
function valuesOf(schema: z.ZodType): string {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional)
    return valuesOf(schema.unwrap() as z.ZodType)
  if (schema instanceof z.ZodEnum) return schema.options.map((option) => `\`${option}\``).join(", ")
  if (schema instanceof z.ZodNumber) return `${schema.minValue} to ${schema.maxValue}`
  if (schema instanceof z.ZodPipe)
    return valuesOf(schema.in as z.ZodType) || valuesOf(schema.out as z.ZodType)
  if (schema instanceof z.ZodString) return lengthOf(schema)
  return ""
}

function lengthOf({ minLength, maxLength }: z.ZodString): string {
  if (maxLength !== null) return `${minLength ?? 0} to ${maxLength} characters`
  return (minLength ?? 0) > 1 ? `${minLength} characters or more` : ""
}

function settingsPage(): string {
  const rows = Object.entries(settings.shape).map(([name, schema]) => [
    `\`${name}\``,
    valuesOf(schema as z.ZodType),
    defaultOf(schema as z.ZodType),
    settingTexts[name as keyof Settings],
  ])
  return `# Settings

Written by \`npm run docs\` from \`src/weir/runtime/settings.ts\` and \`setting-texts.ts\`; edit those.

Settings are environment variables on Node, and \`[vars]\` or secrets of wrangler on Workers. Empty ones count as not
set. A wrong setting ends the start with one line that names it.

${table(["setting", "values", "default", "what it does"], rows)}

On Workers, two bindings come before \`DATABASE_URL\`: \`DB\`, a D1 database, and \`HYPERDRIVE\`, Postgres through
Hyperdrive.
`
}

function sampleHashes(): string {
  const lines = ["api", "resources"].map((name) => {
    const text = readFileSync(new URL(`../src/${name}.ts`, import.meta.url), "utf8")
    return `  // src/${name}.ts\n  "${sampleHash(text)}",\n`
  })
  const source = new URL("../src/", import.meta.url)
  const files = ["routes", "schema"].flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, source)).map((file) => `src/${folder}/${file}`),
  )
  const quoted = [...files.sort(), "src/seed.ts", "drizzle"].map((file) => `  "${file}",\n`)
  return `/** Hashes of the files that adopt may replace, as the project brings them. Written by \`npm run docs\`. */
export const samples: readonly string[] = [
${lines.join("")}]

/** The files that belong to these. */
export const sampleFiles: readonly string[] = [
${quoted.join("")}]
`
}

function errorsPage(): string {
  const problems = Object.entries(problemCodes).map(([code, { status }]) => [
    `\`${code}\``,
    `${status} ${titles[status]}`,
    problemTexts[code as ProblemCode],
  ])
  const issues = Object.entries(issueCodes).map(([code, when]) => [`\`${code}\``, when])
  return `# Errors

Written by \`npm run docs\` from \`src/weir/problem-texts.ts\`; edit that.

Every error has one shape, \`application/problem+json\` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)), on every
path: \`type\`, \`title\`, \`status\`, \`detail\` (for people), \`code\` (for programs), \`request_id\` (also in \`X-Request-Id\`
and in the log), and \`errors\` where parameters or members are wrong: \`path\`, \`message\` and \`code\` for each.

\`\`\`json
{
  "type": "about:blank",
  "title": "Unprocessable Content",
  "status": 422,
  "detail": "The query string is not valid",
  "code": "invalid_request",
  "request_id": "6f0c1f0e-2f4e-4a53-9a0e-0f3c8f1f7f3e",
  "errors": [{ "path": "limit", "message": "must be a whole number from 1 to 1000", "code": "out_of_range" }]
}
\`\`\`

## Codes

${table(["code", "status", "when"], problems)}

## Codes of the entries in \`errors\`

${table(["code", "what is wrong"], issues)}

Beyond these, an entry has the code of zod's issue, such as \`invalid_type\`, \`too_small\`, \`too_big\`,
\`invalid_format\` or \`custom\`.
`
}

if (import.meta.main)
  for (const [path, page] of Object.entries(pages)) {
    const file = new URL(`../${path}`, import.meta.url)
    let before = ""
    try {
      before = readFileSync(file, "utf8")
    } catch {
      // It is written for the first time.
    }
    if (before === page()) continue
    writeFileSync(file, page())
    console.log(`${path} written`)
  }
