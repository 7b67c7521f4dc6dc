import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import {
  cacheStatus,
  type Door,
  essence,
  keysOf,
  openProxy,
  type Side,
  sideOf,
  unhurried,
} from "../support/upstash.ts"
import { type World, world } from "../support/world.ts"

/** What others have put under an entry's key, or damaged: an answer is never made of it. */
let w: World
let prefix: string
let proxy: Door
let side: Side
unhurried()
beforeAll(async () => {
  w = await world()
  proxy = await openProxy()
})
beforeEach(async () => {
  prefix = crypto.randomUUID()
  side = await sideOf(w, prefix, { proxy })
})
afterAll(() => w.close())

type Spoil = (key: string, value: string) => string[][]
const put =
  (change: (value: string) => string): Spoil =>
  (key, value) => [["SET", key, change(value)]]
/** The lines of an entry are its version, stamps, birth, headers and body. */
const line = (n: number, change: (line: string) => string): Spoil =>
  put((value) => {
    const lines = value.split("\n")
    lines[n] = change(lines[n] ?? "")
    return lines.join("\n")
  })
const kinds: Record<string, Spoil> = {
  "random text": put(() => crypto.randomUUID()),
  "an empty text": put(() => ""),
  "what JSON.parse takes": put(() => '{"body":"[]"}'),
  "another version's": line(0, () => "weir0"),
  "a body that was cut off": put((value) => value.slice(0, -1)),
  "a body that was cut off in its headers": put((value) => value.split("\n").slice(0, 3).join("\n")),
  "another body under its ETag": line(4, (body) => body.replace("bob's 2", "bob's 9")),
  "other headers under their ETag": line(3, (json) => json.replace('"headers":{', '"headers":{"x-a":"b",')),
  "headers that are null": line(3, () => "null"),
  "headers that are no JSON": line(3, () => "{"),
  "a list": (key, value) => [
    ["DEL", key],
    ["RPUSH", key, value],
  ],
  "a hash": (key, value) => [
    ["DEL", key],
    ["HSET", key, "weir1", value],
  ],
}

/** Reads an item, so that it is stored, and spoils what was stored. */
async function spoilt(spoil: Spoil): Promise<void> {
  await side.call("GET", "/items/5")
  const key = (await keysOf(proxy, prefix)).find((one) => one.includes(":entry:")) as string
  const [value] = await proxy.redis(["GET", key])
  await proxy.redis(...spoil(key, value as string))
}

test.each(Object.entries(kinds))("%s is missed, and replaced by what is read", async (_name, spoil) => {
  await spoilt(spoil)
  const plain = essence(await w.call("GET", "/items/5"))
  for (const status of ["fwd=uri-miss; stored", "hit"]) {
    const answer = await side.call("GET", "/items/5")
    expect(cacheStatus(answer)).toBe(status)
    expect(essence(answer)).toEqual(plain)
  }
})

/** A birth is in no validator, and decides how long an entry holds. */
const expectNotLonger = async (birth: string) => {
  await spoilt(line(2, () => birth))
  const { headers } = await side.call("GET", "/items/5")
  expect(headers.get("cache-status")).toMatch(/^Weir; (fwd=|hit; ttl=([1-5]?\d|60)$)/)
}
test.each(["", "-1"])("a birth of %j is one long ago", expectNotLonger)
// It is not looked at: the entry holds for as long as Redis keeps it, and says so.
test.each(["x", "9e99"])("a birth of %j has nothing served for longer", expectNotLonger)
