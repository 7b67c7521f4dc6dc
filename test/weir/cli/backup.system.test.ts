import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { setTimeout as sleep } from "node:timers/promises"
import { expect, onTestFinished, test } from "vitest"
import { refused, worked } from "../support/ask.ts"
import { allTitles, authSecret, eventually, httpCaller } from "../support/http.ts"
import { killed, runCommand, startNode, tempFolder } from "../support/node-server.ts"
import { addPerson } from "../support/people.ts"
import { project } from "../support/project.ts"

const env = { AUTH_SECRET: authSecret, LOG_LEVEL: "error" }
const at = project()
const urlOf = (path: string) => `file:${path}`
const db = (path: string, ...args: string[]) => runCommand({ DATABASE_URL: urlOf(path) }, ...args)
const hashOf = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex")

/** Asks a file of SQLite itself, not of the engine that wrote it. */
function ask(path: string, query: string): unknown[] {
  const file = new DatabaseSync(path)
  try {
    return file
      .prepare(query)
      .all()
      .map((row) => Object.values(row)[0])
  } finally {
    file.close()
  }
}

/** A folder with a migrated database of some rows of that length, and a backup of it with other titles. */
async function withBackup(rows = 3, length = 10): Promise<{ folder: string; path: string; backup: string }> {
  const folder = tempFolder()
  const [path, backup] = [join(folder, "weir.db"), join(folder, "backup.db")]
  worked(await db(path, "migrate"))
  worked(await db(path, "seed", "--users", "2", "--items", `${rows}`))
  ask(path, `update items set description = hex(randomblob(${length / 2}))`)
  worked(await db(path, "backup", backup))
  ask(path, "update items set title = 'newer'")
  return { folder, path, backup }
}

const titles = (path: string) => new Set(ask(path, "select distinct title from items"))
const newer = new Set(["newer"])

test("a backup amid writes holds every row that was answered before it, and no half of a write", async () => {
  const folder = tempFolder()
  const [path, backup] = [join(folder, "weir.db"), join(folder, "backup.db")]
  const server = await startNode(env, folder)
  const call = httpCaller(server.url)
  const token = await addPerson(folder)
  const answered: string[] = []
  let over = false
  const writers = Array.from({ length: 20 }, async (_, who) => {
    for (let n = 0; !over; n++) {
      const title = `${who}-${n}`
      const json = [1, 2, 3].map((price) => ({ title, price }))
      expect((await call("POST", "/items", { token, json })).status).toBe(201)
      answered.push(title)
    }
  })
  await eventually(() => expect(answered.length).toBeGreaterThan(50), 60_000)
  const before = [...answered]
  worked(await db(path, "backup", backup))
  over = true
  await Promise.all(writers)
  expect(answered.length).toBeGreaterThan(before.length)
  const kept = titles(backup)
  expect(before.filter((title) => !kept.has(title))).toEqual([])
  expect(ask(backup, "select title from items group by title having count(*) <> 3")).toEqual([])
  expect(ask(backup, "pragma integrity_check")).toEqual(["ok"])
  // It is one file, and the server has not noticed.
  expect(readdirSync(folder).filter((name) => name.startsWith("backup"))).toEqual(["backup.db"])
  expect((await call("GET", "/items?limit=1")).status).toBe(200)

  expect(refused(await db(path, "restore", backup, "--force"))).toContain("is open in another process")
  expect((await call("GET", "/items?limit=1")).status).toBe(200)
  await server.stop()
  worked(await db(path, "restore", backup, "--force"))
  const next = await startNode(env, folder)
  expect(new Set(await allTitles(httpCaller(next.url)))).toEqual(kept)
  await next.stop()
})

test("after kill -9 of a server, its WAL is not read as the restored database's", async () => {
  const folder = tempFolder()
  const [path, backup] = [join(folder, "weir.db"), join(folder, "backup.db")]
  const server = await startNode(env, folder)
  const token = await addPerson(folder)
  worked(await db(path, "backup", backup))
  const call = httpCaller(server.url)
  expect((await call("POST", "/items", { token, json: { title: "x", price: 1 } })).status).toBe(201)
  await server.stop("SIGKILL")
  expect(existsSync(`${path}-wal`)).toBe(true)
  expect(refused(await db(path, "restore", backup))).toContain("weir.db exists: add --force to replace it")
  worked(await db(path, "restore", backup, "--force"))
  expect(readdirSync(folder).filter((name) => name.startsWith("weir.db"))).toEqual(["weir.db"])
  expect(ask(path, "select count(*) from items")).toEqual([0])
  expect(ask(path, "pragma integrity_check")).toEqual(["ok"])
})

test("what is no backup replaces nothing", async () => {
  const { folder, path, backup } = await withBackup()
  const say = async (source: string) => refused(await db(path, "restore", source, "--force"))
  const file = (name: string, text = "") => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  expect(await say(join(folder, "none.db"))).toContain("none.db does not exist")
  expect(await say(folder)).toContain(`${folder} is no SQLite database`)
  expect(await say(file("empty.db"))).toContain("empty.db is no SQLite database")
  expect(await say(file("text.db", "create table a (id);\n".repeat(300)))).toContain(
    "text.db is no SQLite database",
  )
  expect(await say(path)).toContain("is the database of DATABASE_URL itself")
  symlinkSync(path, join(folder, "link.db"))
  expect(await say(join(folder, "link.db"))).toContain("is the database of DATABASE_URL itself")
  const cut = join(folder, "cut.db")
  copyFileSync(backup, cut)
  truncateSync(cut, 12_288)
  expect(await say(cut)).toContain("cut.db is damaged")
  const foreign = join(folder, "foreign.db")
  ask(foreign, "create table a (id integer)")
  expect(await say(foreign)).toContain("foreign.db is no database of Weir")
  expect(refused(await db(foreign, "backup", join(folder, "x.db")))).toContain("is no database of Weir")
  expect(titles(path)).toEqual(newer)
  expect(ask(path, "pragma integrity_check")).toEqual(["ok"])
  expect(readdirSync(folder).filter((name) => /restoring|part|-journal/.test(name))).toEqual([])
})

test("wrong use: one line that names the culprit, and nothing is written", async () => {
  const { folder, path, backup } = await withBackup()
  const hash = hashOf(backup)
  expect(refused(await db(path, "backup", backup))).toContain("backup.db exists: add --force to replace it")
  expect(refused(await db(path, "backup", path, "--force"))).toContain("is the database itself")
  expect(refused(await db(path, "backup", folder, "--force"))).toContain("is no file")
  expect(refused(await db(path, "backup", join(folder, "no/x.db")))).toContain(
    `there is no folder ${folder}/no`,
  )
  expect(refused(await db(join(folder, "none.db"), "backup", "x.db"))).toContain(
    "none.db, the file of DATABASE_URL, does not exist",
  )
  expect(refused(await db(join(folder, "no/none.db"), "restore", backup))).toContain(
    `there is no folder ${folder}/no`,
  )
  expect(hashOf(backup)).toBe(hash)
  expect(existsSync(join(folder, "none.db"))).toBe(false)
  const others = {
    "postgres://u@h/d": "Postgres",
    "http://127.0.0.1:1": "a libSQL server",
    "d1:DB": "D1",
    "file::memory:": "in memory",
  }
  for (const [url, named] of Object.entries(others))
    for (const command of ["backup", "restore"]) {
      const line = refused(await runCommand({ DATABASE_URL: url }, command, backup))
      expect(line).toContain(named)
      if (named !== "in memory") expect(line).toContain("docs/backups.md")
      if (named === "Postgres") expect(line).toContain(command === "backup" ? "pg_dump" : "pg_restore")
    }
  worked(await db(path, "backup", backup, "--force"))
  expect(titles(backup)).toEqual(newer)
})

test("into an empty place, and beside what a lost database left", async () => {
  const { folder, path, backup } = await withBackup()
  const elsewhere = join(folder, "elsewhere.db")
  worked(await db(elsewhere, "restore", backup))
  expect(titles(elsewhere).has("newer")).toBe(false)
  renameSync(path, join(folder, "moved.db"))
  writeFileSync(`${path}-wal`, "what was not yet in the file")
  expect(refused(await db(path, "restore", backup))).toContain(
    "weir.db-wal belongs to a database that is not there",
  )
  expect(readFileSync(`${path}-wal`, "utf8")).toBe("what was not yet in the file")
  worked(await db(path, "restore", backup, "--force"))
  expect(existsSync(`${path}-wal`)).toBe(false)
  expect(titles(path)).toEqual(titles(elsewhere))
})

/** A folder that holds so much; undefined where this user may not mount one. */
function smallDisk(kilobytes: number): string | undefined {
  const folder = join(tempFolder(), "disk")
  mkdirSync(folder)
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", folder], { stdio: "ignore" })
  } catch {
    return undefined
  }
  onTestFinished(() => void execFileSync("umount", ["--lazy", folder], { stdio: "ignore" }))
  return folder
}

test("a full disk: nothing is replaced, and nothing is left", async ({ skip }) => {
  const disk = smallDisk(2_500)
  if (disk === undefined) return skip("mounting a small disk needs root")
  const { path, backup } = await withBackup(2_000, 600)
  const kept = join(disk, "weir.db")
  copyFileSync(path, kept)
  expect(
    ask(kept, "select page_count * page_size > 1000000 from pragma_page_count, pragma_page_size"),
  ).toEqual([1])
  writeFileSync(join(disk, "filler"), Buffer.alloc(600_000))
  const before = readdirSync(disk)
  expect(refused(await db(kept, "restore", backup, "--force"))).toMatch(/nothing was restored: .*full/)
  expect(titles(kept)).toEqual(newer)
  expect(refused(await db(path, "backup", join(disk, "copy.db")))).toMatch(/copy\.db was not written: .*full/)
  expect(readdirSync(disk)).toEqual(before)
  rmSync(join(disk, "filler"))
})

test("kill -9 amid a restore: the database is the old one or the new one, and the next restore works", {
  timeout: 600_000,
}, async () => {
  const { folder, path, backup } = await withBackup(8_000, 10_000)
  const old = titles(backup)
  // Killed at different points.
  for (const wait of [0, 20, 80, 200]) {
    rmSync(`${path}.restoring`, { force: true })
    const { child } = at.start(urlOf(path), "restore", backup, "--force")
    await eventually(
      () => expect(child.exitCode !== null || existsSync(`${path}.restoring`)).toBe(true),
      30_000,
    )
    await sleep(wait)
    await killed(child)
    expect(ask(path, "pragma quick_check")).toEqual(["ok"])
    expect([newer, old]).toContainEqual(titles(path))
  }
  // What the last one left is in nobody's way.
  writeFileSync(`${path}.restoring`, "left")
  worked(await db(path, "restore", backup, "--force"))
  ask(path, "update items set title = 'newer'")
  const restore = at.start(urlOf(path), "restore", backup, "--force")
  await eventually(() => expect(existsSync(`${path}.restoring`)).toBe(true), 30_000)
  // A server that starts meanwhile serves the restored rows, or does not start.
  const [server, ended] = await Promise.all([startNode(env, folder).catch(() => undefined), restore.ended])
  worked(ended)
  if (server) {
    expect((await httpCaller(server.url)("GET", "/items?title=newer&limit=1")).body).toEqual([])
    await server.stop()
  }
  expect(titles(path)).toEqual(old)
  expect(readdirSync(folder).sort()).toEqual(["backup.db", "weir.db"])
})

test("kill -9 amid a backup leaves no file of its name", async () => {
  const { folder, path } = await withBackup(8_000, 10_000)
  const target = join(folder, "second.db")
  const { child } = at.start(urlOf(path), "backup", target)
  const parts = () => readdirSync(folder).filter((name) => name.startsWith("second.db.part"))
  while (parts().length === 0 && child.exitCode === null) await sleep(1)
  expect(child.exitCode).toBe(null)
  await killed(child)
  expect(existsSync(target)).toBe(false)
  worked(await db(path, "backup", target))
  expect(ask(target, "pragma integrity_check")).toEqual(["ok"])
})
