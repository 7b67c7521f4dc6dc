import { connect, type Socket } from "node:net"
import { afterEach, describe, expect, test } from "vitest"
import { authSecret, eventually } from "../support/http.ts"
import { type NodeServer, startNode, type Variables } from "../support/node-server.ts"

let server: NodeServer
afterEach(() => server.stop())

async function start(env: Variables = {}): Promise<void> {
  server = await startNode({ AUTH_SECRET: authSecret, ...env })
}

const form = (username: string) => new URLSearchParams({ username, password: "wrong-wrong" }).toString()

/** A sign-in whose sender hangs up before it is answered. */
async function hangUp(): Promise<Socket> {
  const body = form("nobody")
  const socket = connect(server.port, "127.0.0.1")
  await new Promise((resolve) => socket.once("connect", resolve))
  socket.write(
    `POST /auth/token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  return socket
}

const signIn = (forwardedFor?: string): Promise<Response> =>
  fetch(`${server.url}/auth/token`, {
    method: "POST",
    body: new URLSearchParams({ username: "nobody", password: "wrong-wrong" }),
    headers: forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor },
  })

const signUps = (of: number, prefix: string, forwardedFor: string): Promise<Response> => {
  const users = Array.from({ length: of }, (_, i) => ({
    email: `${prefix}${i}@example.com`,
    username: `${prefix}${i}`,
    password: "correct horse",
  }))
  return fetch(`${server.url}/users`, {
    method: "POST",
    body: JSON.stringify(users),
    headers: { "content-type": "application/json", "x-forwarded-for": forwardedFor },
  })
}

/** The statuses of the logged requests of a path, in the order of their ends. */
const logged = (path: string) => server.logs().flatMap((line) => (line.path === path ? [line.status] : []))

describe("passwords", () => {
  test("of clients that have hung up are not hashed", async () => {
    await start()
    const sockets = await Promise.all(Array.from({ length: 30 }, hangUp))
    for (const socket of sockets) socket.destroy()
    await eventually(() => expect(logged("/auth/token")).toHaveLength(30))
    const abandoned = logged("/auth/token").filter((status) => status === 408)
    // Some may have had their turn before they hung up.
    expect(abandoned.length).toBeGreaterThan(15)
    expect((await signIn()).status).toBe(400)
  })

  test("of one address wait for each other, and those of another go between them", async () => {
    await start({ TRUSTED_PROXIES: "127.0.0.1, ::1" })
    const ends: string[] = []
    const ended = (name: string) => (response: Response) => {
      ends.push(name)
      return response.status
    }
    const flood = Array.from({ length: 60 }, () => signIn("192.0.2.1").then(ended("flood")))
    // The share of the flood is full once it is refused.
    await eventually(() => expect(logged("/auth/token")).toContain(429))
    const honest = await signIn("192.0.2.2").then(ended("honest"))
    expect(honest).toBe(400)
    const statuses = await Promise.all(flood)
    expect(statuses).toContain(429)
    // It did not wait for the thirty and more that had come before it.
    const before = ends.slice(0, ends.indexOf("honest")).length
    expect(before - statuses.filter((status) => status === 429).length).toBeLessThan(15)
  })

  test("of a create of many are refused together, and a single one goes ahead of them", async () => {
    await start({ TRUSTED_PROXIES: "127.0.0.1" })
    const ends: string[] = []
    const ended = (name: string) => (response: Response) => {
      if (response.status !== 429) ends.push(name)
      return response.status
    }
    const many = Array.from({ length: 8 }, (_, i) =>
      signUps(10, `many${i}x`, "192.0.2.1").then(ended("many")),
    )
    await eventually(() => expect(logged("/users")).toContain(429))
    const single = await signIn("192.0.2.1").then(ended("single"))
    expect(single).toBe(400)
    expect(ends[0]).toBe("single")
    const statuses = await Promise.all(many)
    expect(new Set(statuses)).toEqual(new Set([201, 429]))
  })
})

describe("in production", () => {
  test("wrong passwords end in a 429 without any setting; another client still gets in", async () => {
    await start({ NODE_ENV: "production", TRUSTED_PROXIES: "127.0.0.1" })
    const statuses: number[] = []
    for (let i = 0; i < 12; i++) statuses.push((await signIn("192.0.2.1")).status)
    expect(statuses).toEqual([...Array(10).fill(400), 429, 429])
    const refused = await signIn("192.0.2.1")
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0)
    expect(refused.headers.get("ratelimit")).toContain('"sign-in-account";r=0')
    expect((await signIn("192.0.2.2")).status).toBe(400)
  })

  test("a header that nobody vouches for gives no new attempts", async () => {
    await start({ NODE_ENV: "production" })
    const statuses: number[] = []
    for (let i = 0; i < 11; i++) statuses.push((await signIn(`192.0.2.${i}`)).status)
    expect(statuses).toEqual([...Array(10).fill(400), 429])
  })
})
