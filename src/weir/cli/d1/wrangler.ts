import { execFile } from "node:child_process"
import { createRequire } from "node:module"
import { dirname, join, resolve } from "node:path"
import { promisify } from "node:util"

/** Where a D1 is: its binding, and the options by which wrangler finds it. */
export interface D1Place {
  binding: string
  options: string[]
}

/** Asks a D1 by wrangler. Throws one line with wrangler's own where that fails. */
export async function askD1(
  { binding, options }: D1Place,
  query: string,
): Promise<Record<string, unknown>[]> {
  const cli = join(
    dirname(createRequire(resolve("package.json")).resolve("wrangler/package.json")),
    "wrangler-dist/cli.js",
  )
  const args = ["--no-warnings", cli, "d1", "execute", binding, ...options, "--json", "--command", query]
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 67_108_864 })
    const [first] = JSON.parse(stdout.slice(stdout.indexOf("["))) as { results: Record<string, unknown>[] }[]
    return first?.results ?? []
  } catch (error) {
    const { stdout = "", stderr = "", message } = error as Partial<Record<string, string>>
    const text = /"text": "([^"]+)"/.exec(stdout)?.[1]
    const line = text ?? stderr.split("\n").find((each) => /error/i.test(each)) ?? message
    throw new Error(`wrangler cannot ask ${binding}: ${line}`)
  }
}
