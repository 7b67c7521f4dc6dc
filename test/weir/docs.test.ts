import { readdirSync, readFileSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, test } from "vitest"
import { pages } from "../../scripts/docs.ts"
import { problemCodes } from "../../src/weir/problem.ts"
import { issueCodes } from "../../src/weir/problem-texts.ts"

const root = join(import.meta.dirname, "../..")
const read = (path: string) => readFileSync(join(root, path), "utf8")

test.each(Object.entries(pages))("%s says what the code says: npm run docs writes it", (path, page) => {
  expect(read(path)).toBe(page())
})

test("the lists of codes are whole", () => {
  const engine = join(root, "src/weir")
  const text = readdirSync(engine, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !/^problem(-texts)?\.ts$/.test(file))
    .map((file) => readFileSync(join(engine, file), "utf8"))
    .join("\n")
  const listed = { ...problemCodes, ...issueCodes }
  const sent = [...text.matchAll(/\bcode: "(\w+)"|\bnew Invalid\(\s*[^)]*?"(\w+)",?\s*\)/g)].map(
    ([, one, other]) => one ?? other,
  )
  expect(sent.length).toBeGreaterThan(20)
  expect(sent.filter((code) => code !== undefined && !(code in listed))).toEqual([])
  // And nothing is listed that is never sent.
  const idle = Object.keys(listed).filter((code) => !text.includes(`"${code}"`) && !text.includes(`${code}:`))
  expect(idle).toEqual(["misconfigured"].filter((code) => !text.includes(`"${code}"`)))
})

describe("docs/asvs.md", () => {
  const page = read("docs/asvs.md")
  const rows = page.split("\n").filter((line) => /^\| \d+\.\d+/.test(line))

  test("names tests that there are", () => {
    let file = ""
    const missing: string[] = []
    let named = 0
    // A file's name holds for the names of tests behind it, up to the next file.
    for (const [, path, name] of rows.join("\n").matchAll(/`((?:[\w-]+\/)+[\w.-]+)`|"([^"\n]+)"/g)) {
      if (path !== undefined) {
        file = path.startsWith("examples/") ? `${path}.test.ts` : `test/weir/${path}.test.ts`
      } else if (name !== undefined) {
        named++
        if (!read(file).includes(JSON.stringify(name))) missing.push(`${file}: ${name}`)
      }
    }
    expect(missing).toEqual([])
    expect(named).toBeGreaterThan(100)
  })

  test("says of each requirement whether it is held, and by what", () => {
    const odd = rows.filter(
      (row) => !/^\| [^|]+ \| [^|]+ \| (held|option|part|no|n\/a) \| [^|]*\|$/.test(row),
    )
    expect(odd).toEqual([])
    expect(rows.filter((row) => /\| (held|option|part|no) \| *\|$/.test(row))).toEqual([])
  })
})

describe("the pages", () => {
  const markdown = [
    ...readdirSync(root).filter((file) => file.endsWith(".md")),
    ...["docs", "examples"].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".md"))
        .map((file) => join(folder, file)),
    ),
  ]

  test("README is at most 8 KB", () => {
    expect(statSync(join(root, "README.md")).size).toBeLessThanOrEqual(8192)
  })

  test.each(markdown)("%s links to what is there", (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)/g)].map(
      ([, to]) => to,
    )
    const dead = links.filter((to) => {
      try {
        return !statSync(join(root, dirname(page), to as string))
      } catch {
        return true
      }
    })
    expect(dead).toEqual([])
  })
})
