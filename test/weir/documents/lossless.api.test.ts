// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { expect, test } from "vitest"
import { documentWorlds } from "./support.ts"

const world = documentWorlds()

/** The digits of a number in one form: its significant ones, and the power of ten. */
function exact(token: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(token) ?? []
  const digits = (whole + fraction).replace(/^0+/, "")
  const shortened = digits.replace(/0+$/, "")
  if (shortened === "") return "0"
  return `${sign}${shortened}e${Number(exponent) - fraction.length + digits.length - shortened.length}`
}

const numbers = [
  "0",
  "1.0",
  "1e400",
  "-1e400",
  "1E-300",
  "1e-400",
  "12345678901234567890.123",
  "9007199254740993",
  "-9223372036854775809",
  "0.1000000000000000055511151231257827021181583404541015625",
  "123456789012345678901234567890123456789012345678901234567890",
]

test("numbers keep every digit, whatever their size, through each way of writing", async () => {
  const { send, call } = world()
  const numberIn = (text: string) => /"n":\s*([^,}\s]+)/.exec(text)?.[1] ?? text
  for (const n of numbers) {
    const made = await send("POST", "/papers", `{"n":${n},"m":1}`)
    expect(made.status, made.text).toBe(201)
    const path = made.headers.get("location") as string
    const texts = [
      made.text,
      (await call("GET", path)).text,
      (await call("GET", "/papers?limit=1&sort=-_id")).text,
      (await send("PATCH", path, '{"m":2}')).text,
      (await send("PATCH", path, `{"n":${n},"m":{"x":null}}`)).text,
      (await send("PUT", path, `{"n":${n}}`)).text,
    ]
    for (const text of texts) expect(exact(numberIn(text)), n).toBe(exact(n))
  }
  // Zero has no sign, on either database.
  expect(numberIn((await send("POST", "/papers", '{"n":-0.0}')).text)).toBe("0.0")
})

test("numbers that a database cannot write out are refused at their place", async () => {
  const { send } = world()
  for (const n of ["1e131072", "1e-16384", "1e999999999999"]) {
    const refused = await send("POST", "/papers", `{"a":{"b":[1,${n}]}}`)
    expect(refused.status, n).toBe(422)
    expect(refused.body).toMatchObject({ errors: [{ path: "a.b.1", code: "out_of_range" }] })
  }
  const many = await send("POST", "/papers", `{"a":[${Array(10).fill("1e100000").join()}]}`)
  expect(many.body).toMatchObject({ errors: [{ path: "body", code: "out_of_range" }] })
  expect((await send("POST", "/papers", '{"a":1e131071}')).status).toBe(201)
})

const names = [
  "",
  " ",
  "a.b",
  "a'b",
  'a"b',
  "a\\b",
  "a`b",
  "$",
  "$.a",
  "[0]",
  "0",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "length",
  "é",
  "e\u0301",
  "\u2028",
  "\u0001",
  "\ud83d\ude00",
  "data",
  "@row",
  "{",
  ",",
  "null",
  "x".repeat(2_000),
]

test("every name is kept, at any level", async () => {
  const { send, call } = world()
  const members = names.map((name, n) => `${JSON.stringify(name)}:${n}`).join()
  const made = await send("POST", "/papers", `{${members},"in":{${members}},"list":[{${members}}]}`)
  expect(made.status, made.text).toBe(201)
  const path = made.headers.get("location") as string
  const expectAll = (body: unknown) => {
    const own = body as Record<string, unknown>
    for (const object of [own, own.in, (own.list as unknown[])[0]] as object[])
      for (const [n, name] of names.entries())
        expect(Object.getOwnPropertyDescriptor(object, name)?.value, name).toBe(n)
    expect(Object.keys(own.in as object)).toHaveLength(names.length)
  }
  expectAll(made.body)
  expectAll((await call("GET", path)).body)
  // One by one, as a patch and back.
  for (const [n, name] of names.entries()) {
    const inner = `{${JSON.stringify(name)}:null}`
    const gone = await send("PATCH", path, `{${JSON.stringify(name)}:null,"in":${inner}}`)
    expect(gone.status, gone.text).toBe(200)
    expect(Object.hasOwn(gone.body as object, name), name).toBe(false)
    expect(Object.hasOwn((gone.body as { in: object }).in, name), name).toBe(false)
    const member = `${JSON.stringify(name)}:${n}`
    const back = await send("PATCH", path, `{${member},"in":{${member}}}`)
    expectAll(back.body)
  }
})

test("values of all kinds are kept, escapes and empty ones among them", async () => {
  const { send, call } = world()
  const values = [
    null,
    true,
    false,
    "",
    "null",
    '\u2028\u2029\u0001\u001e\u007f\n\t\\"/',
    "\ud83d\ude00 e\u0301 \u{10ffff}",
    "@weir: too large",
    [],
    {},
    [[]],
    [null],
    [{}, [{}], null, "a", 1],
    { a: null, b: { c: null } },
  ]
  const made = await call("POST", "/papers", { json: { values } })
  expect(made.body).toMatchObject({ values })
  expect((await call("GET", "/papers")).body).toEqual([made.body])
  for (const value of values) {
    const one = await call("POST", "/papers", { json: { value } })
    expect((one.body as { value: unknown }).value).toEqual(value)
  }
  // Of a name that comes twice, the last value counts, and nothing of the first is left.
  const twice = await send("POST", "/papers", '{"a":1,"b":{"c":1,"c":2},"a":{"d":1},"\\u0061":3}')
  expect(twice.text.match(/"a"/g)).toHaveLength(1)
  expect(twice.body).toMatchObject({ a: 3, b: { c: 2 } })
  const spaced = await send("POST", "/papers", ' \n{ "a" : [ 1 , 2 ] , "b" : { } }\t')
  expect(spaced.body).toMatchObject({ a: [1, 2], b: {} })
})

test("text that no database keeps is refused at its place", async () => {
  const { send } = world()
  for (const [body, path] of [
    ['{"a":["\\u0000"]}', "a.0"],
    ['{"a":{"b":"\\ud800"}}', "a.b"],
    ['{"a":{"b\\u0000":1}}', "a.b\0"],
  ] as const)
    for (const [method, at] of [
      ["POST", "/papers"],
      ["PUT", "/papers/x"],
      ["PATCH", "/papers/x"],
    ] as const) {
      const refused = await send(method, at, body)
      expect(refused.status).toBe(422)
      expect(refused.body).toMatchObject({ errors: [{ path, code: "invalid_text" }] })
    }
})
