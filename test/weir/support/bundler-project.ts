import { type ChildProcess, spawn } from "node:child_process"
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { compiled, type Ended, ownFolder, ownProcess, tempFolder } from "./node-server.ts"

const root = join(import.meta.dirname, "../../..")
const configs = ["package.json", "vitest.config.ts", "drizzle.config.ts", "wrangler.toml"]

/** A team's whole project, in which tools run as on its own machine. */
export interface BundlerProject {
  folder: string
  /** Runs a program of node_modules/.bin, or npm, to its end. */
  run(program: string, ...args: string[]): Promise<Ended>
  /** Starts a program, and answers once `ready` matches what it has printed: with the match. */
  until(ready: RegExp, env: Record<string, string>, program: string, ...args: string[]): Promise<Until>
  write(path: string, text: string): void
  edit(path: string, from: string, to: string): void
  remove(path: string): void
  /** Links a package of this project again. */
  link(name: string): void
}

export interface Until {
  match: RegExpExecArray
  output(): string
  /** Resolves once it has printed that. */
  says(text: RegExp): Promise<RegExpExecArray>
  child: ChildProcess
  stop(): Promise<void>
}

/** Lays out the project of `files`, by path, over the engine and its tests. */
export function bundlerProject(files: Record<string, string>): BundlerProject {
  const folder = ownFolder(tempFolder())
  const at = (path: string) => join(folder, path)
  for (const part of ["src/weir", "test", "scripts", ...configs])
    cpSync(join(root, part), at(part), { recursive: true })
  for (const entry of ["node.ts", "worker.ts", "cli.ts"]) cpSync(join(root, "src", entry), at(`src/${entry}`))
  linkPackages(at("node_modules"))
  const write = (path: string, text: string) => {
    mkdirSync(dirname(at(path)), { recursive: true })
    writeFileSync(at(path), text)
  }
  for (const [path, text] of Object.entries(files)) write(path, text)
  // npm links the packages of a workspace so.
  for (const name of readdirSync(at("packages"))) {
    mkdirSync(at("node_modules/@acme"), { recursive: true })
    symlinkSync(`../../packages/${name}`, at(`node_modules/@acme/${name}`))
  }

  const start = (program: string, args: string[], env: Record<string, string>) => {
    const path = program === "npm" ? program : join(root, "node_modules/.bin", program)
    const child = spawn(path, args, {
      cwd: folder,
      env: {
        PATH: `${join(root, "node_modules/.bin")}:${process.env.PATH}`,
        HOME: folder,
        NODE_COMPILE_CACHE: compiled,
        DATABASE_URL: "file:data.db",
        WRANGLER_SEND_METRICS: "false",
        CLOUDFLARE_CF_FETCH_ENABLED: "false",
        CI: "true",
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, so that its children can be ended with it.
      detached: true,
    })
    ownProcess(child)
    let [stdout, stderr] = ["", ""]
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    const ended = new Promise<Ended>((resolve) =>
      child.once("close", (code) => resolve({ code, stdout, stderr })),
    )
    return { child, output: () => stdout + stderr, ended }
  }

  return {
    folder,
    run: (program, ...args) => start(program, args, {}).ended,
    until: async (ready, env, program, ...args) => {
      const { child, output, ended } = start(program, args, env)
      let over = false
      void ended.then(() => (over = true))
      const says = async (text: RegExp) => {
        for (;;) {
          const match = text.exec(output())
          if (match) return match
          if (over) throw new Error(`${program} ${args.join(" ")} ended: ${output()}`)
          await sleep(25)
        }
      }
      const stop = async () => {
        if (!over) process.kill(-(child.pid as number), "SIGKILL")
        await ended
      }
      return { match: await says(ready), output, says, child, stop }
    },
    write,
    edit: (path, from, to) => {
      const text = readFileSync(at(path), "utf8")
      if (!text.includes(from)) throw new Error(`${path} does not hold ${from}`)
      writeFileSync(at(path), text.replace(from, to))
    },
    remove: (path) => rmSync(at(path), { recursive: true }),
    link: (name) => symlinkSync(join(root, "node_modules", name), at(`node_modules/${name}`)),
  }
}

/** A node_modules of links to the packages of this one, to which a workspace's own can be added. */
function linkPackages(folder: string): void {
  mkdirSync(folder)
  const packages = join(root, "node_modules")
  for (const name of readdirSync(packages)) {
    if (name.startsWith(".") && name !== ".bin") continue
    if (!statSync(join(packages, name)).isDirectory()) continue
    symlinkSync(join(packages, name), join(folder, name))
  }
}
