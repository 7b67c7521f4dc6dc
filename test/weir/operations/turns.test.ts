import { expect, test } from "vitest"
import { Deadline, DeadlineExpired } from "../../../src/weir/db/deadline.ts"
import { withVersions } from "../../../src/weir/db/versions.ts"
import { withMatches } from "../../../src/weir/operations/highlight.ts"
import { CallTurns } from "../../../src/weir/operations/turns.ts"
import { parsed, type SearchQuery } from "../../../src/weir/query/search.ts"

/** Work in the process over the texts of a page: it stops where enough is found, lets others go on, and ends in time. */
const separator = "\u0001"
const search = (q: string) =>
  ({ terms: parsed(q), parts: [{ name: "t", member: ["t"] }] }) as unknown as SearchQuery
const page = (rows: number, text: string) =>
  `[${Array<string>(rows)
    .fill(JSON.stringify({ t: text }))
    .join(separator)}]`

/** Counts how often the work asks for the time, and takes each part of it for over. */
class CountedTurns extends CallTurns {
  asked = 0
  override isOver(): boolean {
    this.asked += 1
    return true
  }
}

test("of a long text no more is looked at than what is shown", async () => {
  const turns = new CountedTurns({ deadline: new Deadline() })
  const body = await withMatches(search('"cd ab" ab'), page(1, "ab cd ".repeat(100_000)), separator, turns)
  expect((JSON.parse(body) as { _highlight: { t: string } }[])[0]?._highlight.t).toMatch(/^<mark>ab<.*…$/)
  expect(turns.asked).toBeLessThan(5)
})

test("others have their turn between the words before a match, and between rows", async () => {
  const late = new CountedTurns({ deadline: new Deadline() })
  await withMatches(search("zebra"), page(1, `${"ab ".repeat(6_400)}zebra`), separator, late)
  expect(late.asked).toBeGreaterThan(90)
  const rows = new CountedTurns({ deadline: new Deadline() })
  await withMatches(search("ab"), page(50, "ab"), separator, rows)
  expect(rows.asked).toBeGreaterThanOrEqual(50)
})

test("what is left is not done when the time of the request is up", async () => {
  const deadline = new Deadline()
  const turns = new CountedTurns({ deadline })
  const work = withMatches(search("ab"), page(1_000, "ab"), separator, turns)
  deadline.expire()
  await expect(work).rejects.toThrow(DeadlineExpired)
  expect(turns.asked).toBe(1)
})

test("validators of a page's rows stop with the request, and let others go on", async () => {
  const deadline = new Deadline()
  const hex = Buffer.from(JSON.stringify({ text: "x".repeat(20_000) })).toString("hex")
  const body = `[${Array<string>(4_000).fill(`{"_version":"@weir:version:${hex}"}`).join()}]`
  const versions = { member: "_version", viewer: undefined }
  const turns = () => new CallTurns({ deadline })
  let turned = 0
  let isDone = false
  const work = withVersions(body, versions, turns()).finally(() => (isDone = true))
  const look = () => {
    turned += 1
    if (!isDone) setImmediate(look)
  }
  setImmediate(look)
  const whole = await work
  expect(whole.match(/"_version":"[^"]+"/g)).toHaveLength(4_000)
  expect(turned).toBeGreaterThan(3)
  const late = withVersions(body, versions, turns())
  deadline.expire()
  await expect(late).rejects.toThrow(DeadlineExpired)
})
