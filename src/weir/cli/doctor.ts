import { existsSync, statfsSync, statSync } from "node:fs"
import { dirname } from "node:path"
import type { Command } from "commander"
import type { Database } from "../db/driver.ts"
import { parseFileUrl } from "../db/drivers/libsql-url.ts"
import { openPostgresPool } from "../db/drivers/postgres.ts"
import { isSocket, parsePostgresUrl } from "../db/drivers/postgres-url.ts"
import { examineSqlite, factsOf } from "../db/examine.ts"
import type { Finding } from "../db/finding.ts"
import { othersLine } from "../db/migrations/origin.ts"
import { readFile } from "../runtime/database.ts"
import { parseEnv, type Settings } from "../runtime/settings.ts"
import { examine } from "../runtime/soundness.ts"
import { migrationsFor, originFor, withDatabase } from "./database.ts"
import type { Project } from "./project.ts"

/** What the doctor prints of the database itself. */
interface Report {
  about: string
  findings: Finding[]
}

export function doctorCommand(command: Command, project: Project): Command {
  return command
    .description("Say what is wrong with the database of DATABASE_URL, and what to do about it")
    .addHelpText("after", "\nExits with 0 where nothing is wrong, else with 1. It changes nothing.")
    .action(async () => {
      const settings = parseEnv({ ...process.env, NODE_ENV: "development" })
      requireFile(settings.DATABASE_URL)
      await withDatabase(project, (database) => run(project, settings, database), { checks: false })
    })
}

/** Throws where there is no file: opening it would make one. */
function requireFile(url: string): void {
  if (!url.startsWith("file:")) return
  const { path } = parseFileUrl(url)
  if (!existsSync(path)) throw new Error(`DATABASE_URL: there is no file ${path}: the first start makes it`)
}

async function run(project: Project, settings: Settings, database: Database): Promise<void> {
  const { about, findings } =
    database.dialect === "postgres"
      ? await ofPostgres(settings, database)
      : await ofSqlite(settings, database)
  console.log(`${database.label}: ${about}`)
  const all = [...findings, ...(await ofMigrations(project, database))]
  for (const finding of all)
    console.log(`${finding.level === "note" ? "note " : "WRONG"}  ${finding.what}: ${finding.remedy}`)
  const wrong = all.filter(({ level }) => level !== "note").length
  console.log(wrong === 0 ? "Nothing is wrong" : `${wrong} ${wrong === 1 ? "thing is" : "things are"} wrong`)
  if (wrong > 0) process.exitCode = 1
}

async function ofPostgres(settings: Settings, database: Database): Promise<Report> {
  const { settings: values, schema, role } = await factsOf(database.connect())
  const findings = await examine(settings, database)
  const plain = await withoutOurSettings(settings.DATABASE_URL, (other) => examine(settings, other))
  const seen = new Set(findings.map(({ what }) => what))
  const hidden = plain
    .filter(({ what }) => !seen.has(what))
    .map(
      (finding): Finding => ({
        ...finding,
        level: "note",
        what: `${finding.what}, but for connections of Node and of Workers without Hyperdrive, which set it themselves`,
      }),
    )
  const about = `Postgres ${values.server_version}, ${values.server_encoding}, role ${role}, schema ${schema}`
  return { about, findings: [...findings, ...hidden, ...ofUrl(settings.DATABASE_URL)] }
}

/** Looks at a database as Hyperdrive and other programs do: with the settings of server, database and role alone. */
async function withoutOurSettings<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = openPostgresPool(url, { max: 1, statementTimeout: 60_000, isDirect: true, readFile })
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

/** What a URL leaves open. */
function ofUrl(url: string): Finding[] {
  const target = parsePostgresUrl(url)
  const { hosts = ["localhost"], sslMode = "disable", sslFiles } = target
  const isLocal = isSocket(target) || hosts.every((host) => /^(localhost|127\.|::1$)/.test(host))
  if (isLocal || sslMode.startsWith("verify") || sslFiles.root !== undefined) return []
  const what =
    sslMode === "require"
      ? "the connection is encrypted, and the server's certificate is not checked"
      : "the connection need not be encrypted"
  return [{ level: "note", what, remedy: "add ?sslmode=verify-full to DATABASE_URL" }]
}

async function ofSqlite({ DATABASE_URL: url }: Settings, database: Database): Promise<Report> {
  const isFile = url.startsWith("file:")
  const client = database.connect()
  const rows = await client.query({ text: "select sqlite_version()", params: [], bounded: true })
  const findings = await examineSqlite(client, isFile)
  if (isFile) findings.push(...ofSpace(parseFileUrl(url).path))
  return { about: `SQLite ${rows[0]?.[0]}`, findings }
}

/** A rebuild of the file, as a migration or a backup makes it, needs as much room again. */
function ofSpace(path: string): Finding[] {
  if (path === ":memory:") return []
  const { bavail, bsize } = statfsSync(dirname(path))
  const [free, used] = [bavail * bsize, statSync(path).size]
  if (free >= Math.max(used, 100_000_000)) return []
  const what = `${Math.round(free / 1e6)} MB are free on the disk, and the file has ${Math.round(used / 1e6)} MB`
  return [{ level: "wrong", what, remedy: "make room: writes, migrations and copies of the file will fail" }]
}

async function ofMigrations(project: Project, database: Database): Promise<Finding[]> {
  const folder = await migrationsFor(project, database)
  const origin = await originFor(project, database, folder)
  const missing = origin.missing.map(
    (table): Finding => ({
      level: "wrong",
      what: `there is no table ${table}, which the API serves`,
      remedy: "make it, or take it out of the resources",
    }),
  )
  if (origin.kind === "others") {
    const what = othersLine(database, origin, folder.shown)
    return [{ level: "note", what, remedy: "docs/migrations.md says what that means" }, ...missing]
  }
  const { migrations, unknown } = origin.status
  if (migrations.length === 0) return missing
  const findings = migrations.flatMap(({ migration: { tag }, state }): Finding[] => {
    if (state === "applied") return []
    const remedy =
      state === "edited" ? "restore its file, and make a new migration of the change" : "npm run db:migrate"
    return [{ level: "wrong", what: `the migration ${tag} is ${state}`, remedy }]
  })
  if (unknown.length)
    findings.push({
      level: "wrong",
      what: `${unknown.length} applied migration(s) are not in this folder`,
      remedy: "take the branch that has them",
    })
  return findings
}
