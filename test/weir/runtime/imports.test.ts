import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { fileAt } from "../../../src/weir/runtime/imports/bundlers.js"
import { fromJson } from "../../../src/weir/runtime/imports/json.js"
import { fromTypeScript } from "../../../src/weir/runtime/imports/transform.js"
import { mapped } from "../../../src/weir/runtime/imports/tsconfig.js"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "weir-imports-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Files by path: with the text given, or empty. */
function lay(files: Record<string, string>, ...empty: string[]): void {
  for (const [path, text] of [...Object.entries(files), ...empty.map((each) => [each, ""] as const)]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}
const found = (specifier: string, importer = "src/api.ts") =>
  mapped(specifier, join(folder, importer))?.slice(folder.length + 1)
const compilerOptions = (options: object) => JSON.stringify({ compilerOptions: options })

test("paths: the name itself, then the longest pattern, and its targets in their order", () => {
  lay(
    {
      "tsconfig.json": compilerOptions({
        paths: { "@/db": ["./one.ts"], "@/*": ["./src/*"], "@/db/*": ["./no/*", "./db/*"], "*.x": ["./x/*"] },
      }),
    },
    ...["one.ts", "src/db.ts", "src/a.ts", "db/b.ts", "src/db/b.ts", "x/y.ts"],
  )
  expect(found("@/db")).toBe("one.ts")
  expect(found("@/a")).toBe("src/a.ts")
  expect(found("@/db/b")).toBe("db/b.ts")
  expect(found("y.x")).toBe("x/y.ts")
  expect(found("@/nothing")).toBeUndefined()
  expect(found("drizzle-orm")).toBeUndefined()
})

test("extends: of a file, of several, of a package; what is not installed says nothing", () => {
  lay(
    {
      "tsconfig.json": '\uFEFF// One,\r\n{ "extends": ["./a", "base", "not-installed/x.json"], /* two */ }',
      "a.json": compilerOptions({ paths: { "@/*": ["./src/*"] } }),
      "node_modules/base/tsconfig.json": compilerOptions({ baseUrl: "../../lib" }),
      "own/tsconfig.json": '{ "extends": "../shared.json", "compilerOptions": { "strict": true, } }',
      "shared.json": compilerOptions({ paths: { "http://*": ["$" + "{configDir}/src/*"] } }),
      "circle/tsconfig.json": '{ "extends": "./tsconfig.json" }',
    },
    ...["src/a.ts", "lib/b/index.ts", "own/src/c.ts"],
  )
  expect(found("@/a")).toBe("src/a.ts")
  expect(found("b")).toBe("lib/b/index.ts")
  expect(found("http://c", "own/x.ts")).toBe("own/src/c.ts")
  expect(found("@/a", "own/x.ts")).toBeUndefined()
  expect(found("@/a", "circle/x.ts")).toBeUndefined()
})

test("a path means the file, then TypeScript for JavaScript, then the file with an ending, then the folder", () => {
  lay(
    { "pkg/package.json": '{ "main": "lib/main" }' },
    ...["a.ts", "a/index.ts", "b.js", "b.ts", "c.mts", "d/index.ts", "e.schema.ts", "pkg/lib/main.ts"],
  )
  const at = (path: string, isFolder?: boolean) =>
    fileAt(join(folder, path), isFolder)?.slice(folder.length + 1)
  expect(at("a")).toBe("a.ts")
  expect(at("a", true)).toBe("a/index.ts")
  expect(at("a.js")).toBe("a.ts")
  expect(at("b.js")).toBe("b.js")
  expect(at("c.mjs")).toBe("c.mts")
  expect(at("d")).toBe("d/index.ts")
  expect(at("e.schema")).toBe("e.schema.ts")
  expect(at("pkg")).toBe("pkg/lib/main.ts")
  expect(at("f")).toBeUndefined()
})

test("what Node loads as it stands is left to it; imports of types alone are not", () => {
  const plain = 'import { type A, b } from "./x.ts"\nexport const c: A = b\n'
  expect(fromTypeScript(plain, "/x.ts", true)).toBeNull()
  expect(fromTypeScript(plain, "/x.ts", false)).toContain("export const c = b")
  expect(fromTypeScript('module.exports = require("x")', "/x.ts", false)).toBeNull()
  // Its name stands in a comment and in a string as well.
  const types = 'import { A, b } from "./x"\n/** A */\nexport const c: A = b("A")\n'
  expect(fromTypeScript(types, "/x.ts", true)).toContain('import { b } from "./x"')
  expect(() => fromTypeScript("enum A {", "/x.ts", true)).toThrow(/^\/x\.ts:1: /)
})

test("JSON is a value, and its members by any name", async () => {
  const text = '\uFEFF{ "a-b": 1, "default": 2, "__proto__": { "c": 3 }, "class": "</script>\u2028" }'
  const module = await import(`data:text/javascript,${encodeURIComponent(fromJson(text, "/x.json"))}`)
  expect(module.default).toMatchObject({ "a-b": 1, default: 2, class: "</script>\u2028" })
  expect(module["a-b"]).toBe(1)
  expect(module.class).toBe("</script>\u2028")
  expect(Object.keys(module.default)).toContain("__proto__")
  expect(() => fromJson("{", "/x.json")).toThrow(/^\/x\.json is no JSON: /)
})
