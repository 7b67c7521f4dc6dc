import { type ChildProcess, spawn } from "node:child_process"
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { inject } from "vitest"
import { copyOfPostgres, emptyPostgres } from "./databases.ts"
import { compiled, type Ended, ownFolder, ownProcess, tempFolder } from "./node-server.ts"
import { freePort } from "./ports.ts"
import { sqldOn } from "./sqld.ts"

const root = join(import.meta.dirname, "../../..")

/** A command under way. */
export interface Running {
  child: ChildProcess
  stdout(): string
  ended: Promise<Ended>
}

/** A project of the engine and the fixture, whose schema and migrations a test may change. */
export interface Project {
  folder: string
  /** Further settings of all that it runs. */
  env: Record<string, string>
  /** Starts `npm run db:…` as it stands in package.json. */
  start(url: string | undefined, command: string, ...args: string[]): Running
  db(url: string | undefined, command: string, ...args: string[]): Promise<Ended>
  /** Runs another script of package.json, such as `doctor`. */
  run(url: string | undefined, name: string, ...args: string[]): Promise<Ended>
  kit(url: string, ...args: string[]): Promise<Ended>
  /** Runs a program of the project's packages. */
  bin(name: string, ...args: string[]): Promise<Ended>
  /** Starts the server with more settings, and answers with its address, or with its end where it does not start. */
  serve(
    url: string,
    env?: Record<string, string>,
  ): Promise<{ address: string; ended: Promise<Ended>; child: ChildProcess }>
  edit(path: string, from: string, to: string): void
  /** Takes over the schema and the migrations of another copy. */
  take(from: Project): void
  write(path: string, text: string): void
  read(path: string): string
  /** The files of a folder, by name. */
  files(path: string): string[]
}

/**
 * The lowest number that is free: what Node compiles it finds again by the path, and a copy of the project that
 * stands where an earlier one stood starts at once.
 */
function numberedFolder(): string {
  for (let number = 0; ; number++) {
    const folder = join(tmpdir(), `weir-project-${number}`)
    try {
      mkdirSync(folder)
      return ownFolder(folder)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
    }
  }
}

export function project(): Project {
  const folder = numberedFolder()
  for (const name of ["src/weir", "package.json", "drizzle.config.ts", "tsconfig.json"])
    cpSync(join(root, name), join(folder, name), { recursive: true })
  for (const name of ["src", "drizzle"])
    cpSync(join(root, "test/weir/fixture", name), join(folder, name), { recursive: true })
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
  const scripts = (
    JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { scripts: Record<string, string> }
  ).scripts
  const path = (relative: string) => join(folder, relative)
  const settings: Record<string, string> = {}
  const run = (url: string | undefined, argv: string[], env: Record<string, string> = {}): Running => {
    const child = ownProcess(
      spawn(process.execPath, argv, {
        cwd: folder,
        env: {
          PATH: process.env.PATH,
          NODE_COMPILE_CACHE: compiled,
          ...(url ? { DATABASE_URL: url } : {}),
          ...settings,
          ...env,
        },
        stdio: ["ignore", "pipe", "pipe"],
      }),
    )
    let [stdout, stderr] = ["", ""]
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text))
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    const ended = new Promise<Ended>((resolve) =>
      child.once("close", (code) => resolve({ code, stdout, stderr })),
    )
    return { child, stdout: () => stdout, ended }
  }
  const script = (url: string | undefined, name: string, ...args: string[]): Running => {
    const [exec, node, ...argv] = (scripts[name] ?? "").split(" ")
    if (exec !== "exec" || node !== "node") throw new Error(`There is no script ${name}`)
    return run(url, [...argv, ...args])
  }
  const start: Project["start"] = (url, command, ...args) => script(url, `db:${command}`, ...args)
  return {
    folder,
    env: settings,
    start,
    run: (url, name, ...args) => script(url, name, ...args).ended,
    db: (url, command, ...args) => start(url, command, ...args).ended,
    kit: (url, ...args) => run(url, [join(root, "node_modules/drizzle-kit/bin.cjs"), ...args]).ended,
    bin: (name, ...args) => run(undefined, [join(root, "node_modules/.bin", name), ...args]).ended,
    serve: async (url, env) => {
      const port = await freePort()
      const imports = ["--import", "./src/weir/runtime/fast-imports.js"]
      const { child, ended } = run(url, [...imports, "src/node.ts"], { PORT: String(port), ...env })
      const address = `http://127.0.0.1:${port}`
      let isOver = false
      void ended.then(() => (isOver = true))
      while (!isOver && !(await isUp(address))) await sleep(15)
      return { address, ended, child }
    },
    edit: (file, from, to) => {
      const text = readFileSync(path(file), "utf8")
      if (!text.includes(from)) throw new Error(`${file} does not hold ${from}`)
      writeFileSync(path(file), text.replace(from, to))
    },
    take: (from) => {
      for (const name of ["src/schema", "drizzle"])
        cpSync(join(from.folder, name), path(name), { recursive: true })
    },
    write: (file, text) => writeFileSync(path(file), text),
    read: (file) => readFileSync(path(file), "utf8"),
    files: (file) => readdirSync(path(file)).sort(),
  }
}

const isUp = (address: string): Promise<boolean> =>
  fetch(`${address}/health`).then(
    (response) => response.ok,
    () => false,
  )

/** The databases that the commands work on; each call makes an empty one. */
export const databases = {
  "libSQL file": async () => `file:${join(tempFolder(), "data.db")}`,
  "libSQL over HTTP": async () => (await sqldOn(await freePort())).url,
  Postgres: () => emptyPostgres(inject("postgresUrl")),
}

export type Kind = keyof typeof databases

/** Makes databases like the one that `make` leaves of an empty one; it is called once for each kind. */
export function prepared(make: (url: string) => Promise<unknown>): (kind: Kind) => Promise<string> {
  const made: Partial<Record<Kind, Promise<() => Promise<string>>>> = {}
  return async (kind) => {
    made[kind] ??= copier[kind](make)
    const copy = await made[kind]
    return copy()
  }
}

type Copier = (make: (url: string) => Promise<unknown>) => Promise<() => Promise<string>>

/** Makes a database of a kind, and answers with what makes copies of it. */
const copier: Record<Kind, Copier> = {
  "libSQL file": async (make) => {
    const first = await databases["libSQL file"]()
    await make(first)
    return async () => {
      const url = await databases["libSQL file"]()
      copyFileSync(first.slice("file:".length), url.slice("file:".length))
      return url
    }
  },
  "libSQL over HTTP": async (make) => {
    const first = await sqldOn(await freePort())
    await make(first.url)
    await first.kill()
    return async () => {
      const folder = tempFolder()
      cpSync(first.folder, folder, { recursive: true })
      return (await sqldOn(await freePort(), folder)).url
    }
  },
  Postgres: async (make) => {
    const first = await databases.Postgres()
    await make(first)
    return () => copyOfPostgres(first)
  },
}
