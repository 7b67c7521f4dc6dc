import { expect } from "vitest"
import type { Answer } from "./client.ts"
import { type Row, rowsOf } from "./samples.ts"
import type { World } from "./world.ts"

/** Far more pages than any list of a test has: a cursor that does not move on fails here. */
const tooMany = 300

/** Walks a list from its first page by `next` links, then back by `prev` links; checks which links there are. */
export async function walk(
  w: Pick<World, "call">,
  path: string,
  person?: { token: string | undefined },
): Promise<{ forward: Row[]; backward: Row[]; pages: Answer[] }> {
  const get = (url: string) => w.call("GET", url, { token: person?.token })
  const pages: Answer[] = []
  const ahead: Row[][] = []
  for (let url: string | undefined = path; url; ) {
    const page: Answer = await get(url)
    ahead.push(rowsOf(page))
    pages.push(page)
    if (pages.length > tooMany) throw new Error(`${path} never ends`)
    expect(page.links.first, `${url}: first`).toBeDefined()
    expect(page.links.prev !== undefined, `${url}: prev on page ${pages.length}`).toBe(pages.length > 1)
    url = page.links.next
  }
  const back: Row[][] = []
  for (let url = pages.at(-1)?.links.prev; url; ) {
    const page = await get(url)
    back.unshift(rowsOf(page))
    pages.push(page)
    if (back.length > tooMany) throw new Error(`${path} never ends backwards`)
    expect(page.links.next, `${url}: next`).toBeDefined()
    url = page.links.prev
  }
  // Backwards the walk sets out from the last page, so that page counts for both.
  return { forward: ahead.flat(), backward: [...back, ahead.at(-1) ?? []].flat(), pages }
}
