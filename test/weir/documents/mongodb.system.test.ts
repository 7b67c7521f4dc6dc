import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { expect, test } from "vitest"
import { authSecret } from "../support/http.ts"
import { killed, ownProcess, tempFolder } from "../support/node-server.ts"
import { freePort } from "../support/ports.ts"

/** What docs/mongodb.md says is sent: run as pasted, against the project's own server. */

const root = join(import.meta.dirname, "../../..")

const own = {
  _created_at: expect.any(String),
  _updated_at: expect.any(String),
  _owner_id: expect.any(Number),
}
const oak = { _id: "oak", ...own, text: "Oak", color: "red", size: { width: 10, height: 5 } }
const elm = { _id: "elm", ...own, text: "Elm again", color: "red", tags: ["wood"] }

/** The answers, in the order of the page; nothing for a delete. */
const expected: unknown[] = [
  { ...oak, size: { width: 10 }, tags: ["wood", "new"] },
  [
    { _id: "elm", ...own, text: "Elm", size: { width: 7.5 } },
    { _id: "ash", ...own, text: "Ash", color: "blue", size: { width: 12 } },
  ],
  { ...oak, tags: ["wood", "new"] },
  oak,
  elm,
  undefined,
  oak,
  [elm, oak],
  [oak],
  [elm, oak],
  [oak],
  [elm],
  [elm],
  [elm],
  [{ _id: "oak", size: { width: 10 } }],
  [{ count: 2 }],
  [{ color: "red", count: 2 }],
  [{ color: "red", "max_size.width": 10 }],
]

const mark = "@answer"

/** Starts the project's own server over a file of its own, and waits until it answers. */
async function started(): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await freePort()
  const fastImports = join(root, "src/weir/runtime/fast-imports.js")
  const child = ownProcess(
    spawn(process.execPath, ["--import", fastImports, join(root, "src/node.ts")], {
      cwd: tempFolder(),
      env: { PATH: process.env.PATH, PORT: `${port}`, AUTH_SECRET: authSecret, DATABASE_URL: "file:own.db" },
      stdio: "ignore",
    }),
  )
  const url = `http://127.0.0.1:${port}`
  const isUp = () => fetch(`${url}/health`).then(Boolean, () => false)
  while (child.exitCode === null && !(await isUp())) await sleep(20)
  return { url, stop: () => killed(child) }
}

test("the commands of docs/mongodb.md answer as they are pasted", async () => {
  const server = await started()
  const page = readFileSync(join(root, "docs/mongodb.md"), "utf8")
  const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block)
  const script = blocks
    .join("\n")
    .replace("http://localhost:3000", server.url)
    .replace(/^curl (?=.*notes)/gm, `echo ${mark}; curl `)
  const shell = spawn("bash", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] })
  let output = ""
  shell.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text
  })
  await once(shell, "close")
  const answers = output.split(`${mark}\n`).slice(1)
  expect(answers.map((text) => (text.trim() ? JSON.parse(text) : undefined))).toEqual(expected)
  await server.stop()
})
