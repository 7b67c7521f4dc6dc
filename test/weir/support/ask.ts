import { createClient } from "@libsql/client"
import { expect } from "vitest"
import { admin } from "./databases.ts"
import type { Ended } from "./node-server.ts"

/** Asks a database of any kind, past the product; rows as arrays. */
export async function ask(url: string, text: string): Promise<unknown[][]> {
  if (url.startsWith("postgres")) {
    const sql = admin(url)
    try {
      return (await sql.unsafe(text).values()) as unknown[][]
    } finally {
      await sql.end()
    }
  }
  const client = createClient({ url })
  try {
    return (await client.execute(text)).rows.map((row) => Array.from(row))
  } finally {
    client.close()
  }
}

/** One number that a query answers. */
export const number = async (url: string, text: string): Promise<number> =>
  Number((await ask(url, text))[0]?.[0])

/** A command that worked: what it said. */
export function worked({ code, stdout, stderr }: Ended): string {
  expect(stderr.replace(/^\w+( \w+)?: \d+ %\n/gm, "")).toBe("")
  expect(code, stdout).toBe(0)
  return stdout
}

/** A command that failed in one clear line, without a stack: that line. */
export function refused({ code, stdout, stderr }: Ended): string {
  const lines = stderr.trim().split("\n")
  expect(lines, stdout + stderr).toHaveLength(1)
  expect(lines[0]).not.toMatch(/\bat .*:\d+:\d+/)
  expect(code).toBe(1)
  return lines[0] as string
}

/** What is made when it is first asked for, and once. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}
