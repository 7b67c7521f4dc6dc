import {
  bigint,
  bigserial,
  boolean,
  char,
  cidr,
  customType,
  date,
  doublePrecision,
  inet,
  integer,
  interval,
  json,
  jsonb,
  macaddr,
  macaddr8,
  numeric,
  type PgColumnBuilderBase,
  pgSchema,
  pgTable,
  real,
  serial,
  smallint,
  text,
  time,
  timestamp,
  uuid,
  varchar,
} from "drizzle-orm/pg-core"
import { as, type Trial, type Written } from "./column-trial.ts"
import { binaries, instants, int64s, texts, uuids } from "./column-values.ts"

const custom = (name: string) => customType<{ data: unknown }>({ dataType: () => name })()
const key = () => integer().primaryKey().generatedByDefaultAsIdentity()
/** A table has a name of its own: prepared statements keep the types of one. */
let count = 0
const of = (
  ddl: string,
  builder: PgColumnBuilderBase,
  values: Trial["values"],
  more: Partial<Trial> = {},
): Trial => ({ ddl, table: pgTable(`columns_${count++}`, { id: key(), v: builder }), values, ...more })

const moods = pgSchema("Odd schema").enum("Mood", ["sad", "ok", "a\"b'c", "happy, too"])
/** What the trials need of the database. */
export const postgresSetUp = [
  `create schema "Odd schema"`,
  `create type "Odd schema"."Mood" as enum ('sad', 'ok', 'a"b''c', 'happy, too')`,
]

const reals = [-1e300, -1.5, -5e-324, 0, 5e-324, 0.1, 1 / 3, 19.99, 2 ** 53, 1e21, 1.7976931348623157e308]
const infinite: Pick<Trial, "before" | "after"> = {
  before: [["'-infinity'", "null"]],
  after: [
    ["'infinity'", "null"],
    ["'NaN'", "null"],
  ],
}
const far = (digits: string, end: string): Pick<Trial, "before" | "after"> => ({
  before: [
    ["'-infinity'", "null"],
    [`'4713-01-01 00:00:00${digits}+00 BC'`, `"-004712-01-01T00:00:00${digits}${end}"`],
    [`'0001-12-31 23:59:59${digits}+00 BC'`, `"0000-12-31T23:59:59${digits}${end}"`],
  ],
  after: [
    [`'10000-01-01 00:00:00${digits}+00'`, `"+010000-01-01T00:00:00${digits}${end}"`],
    [`'275760-09-13 00:00:00${digits}+00'`, `"+275760-09-13T00:00:00${digits}${end}"`],
    ["'infinity'", "null"],
  ],
})
const expanded = (end: string) => [`-000043-03-15T12:00:00${end}`, `0000-06-01T00:00:00${end}`]

const moments = (form: string, builder: PgColumnBuilderBase, digits: string, end: string): Trial => {
  const [first = "", ...rest] = instants(`${digits}${end}`)
  const lasts = [`+012345-06-07T08:09:10${digits}${end}`]
  return of(form, builder, [...expanded(`${digits}${end}`), first, ...rest, ...lasts], near(digits, end))
}
const near = (digits: string, end: string): Pick<Trial, "before" | "after"> => ({
  before: far(digits, end).before?.slice(0, 2) as Written[],
  after: far(digits, end).after?.slice(1) as Written[],
})

const lines = [
  "-99999999999999999999999999999999999999.5",
  "-1",
  "0",
  "0.000000000000000000000000000000000000001",
  "9",
  "10.50",
  "12345678901234567890123456789012345678",
]

const numbers: Record<string, Trial> = {
  smallint: of("smallint", smallint(), [-32768, -1, 0, 9, 10, 32767]),
  integer: of("integer", integer(), [-2147483648, 0, 9, 10, 2147483647]),
  serial: of("serial", serial(), [1, 9, 10]),
  "bigint as a number": of("bigint", bigint({ mode: "number" }), [
    -Number.MAX_SAFE_INTEGER,
    9,
    10,
    Number.MAX_SAFE_INTEGER,
  ]),
  "bigint as a bigint": of("bigint", bigint({ mode: "bigint" }), [
    ...int64s.slice(0, -1),
    as(int64s.at(-1), int64s.at(-1)),
  ]),
  "bigserial as a bigint": of("bigserial", bigserial({ mode: "bigint" }), [as(9, "9"), as("010", "10")]),
  numeric: of("numeric", numeric(), lines, infinite),
  "numeric(38, 10)": of("numeric(38, 10)", numeric({ precision: 38, scale: 10 }), [
    as("-1234567890123456789012345678.0123456789", "-1234567890123456789012345678.0123456789"),
    as(-0, "0.0000000000"),
    as(19.5, "19.5000000000"),
    as("0100", "100.0000000000"),
  ]),
  "numeric as a number": {
    ...of("numeric(12, 2)", numeric({ precision: 12, scale: 2, mode: "number" }), [-1, 9, 10]),
    values: [-1, 9, 10].map((n) => Object.assign(as(n, n), { json: n.toFixed(2) })),
    after: [["'NaN'", "null"]],
  },
  "numeric as a bigint, of any precision": of("numeric", numeric({ mode: "bigint" }), [
    "-12345678901234567890",
    "0",
    as(5, "5"),
    as("7.0", "7"),
    "12345678901234567890",
  ]),
  "numeric as a bigint": of("numeric(30)", numeric({ precision: 30, mode: "bigint" }), [
    "-123456789012345678901234567890",
    as(7, "7"),
  ]),
  "double precision": of("double precision", doublePrecision(), reals, infinite),
  real: of("real", real(), [-1.5, 0, 0.1, 0.2, 16777216, 3.4e38], infinite),
}

const strings: Record<string, Trial> = {
  text: of("text", text(), texts),
  "text of some values": of("text", text({ enum: ["a", "b"] }), ["a", "b"], {
    after: [["'other'", '"other"']],
  }),
  varchar: of("varchar", varchar(), texts),
  "varchar(3)": of("varchar(3)", varchar({ length: 3 }), ["", "abc", "😀😀😀"]),
  "char(3)": of("char(3)", char({ length: 3 }), ["a", "abc"]),
  "enum of a schema": of(`"Odd schema"."Mood"`, moods(), ["sad", "ok", "a\"b'c", "happy, too"]),
  uuid: of("uuid", uuid(), [...uuids.slice(0, 3), as((uuids[3] as string).toUpperCase(), uuids[3])]),
  inet: of("inet", inet(), ["10.0.0.1", "192.168.0.0/16", "::1"]),
  cidr: of("cidr", cidr(), ["10.0.0.0/8", "2001:db8::/32"]),
  macaddr: of("macaddr", macaddr(), ["08:00:2b:01:02:03"]),
  macaddr8: of("macaddr8", macaddr8(), ["08:00:2b:01:02:03:04:05"]),
  xml: of("xml", custom("xml"), ["<a>1</a>"]),
  boolean: of("boolean", boolean(), [false, true]),
  bytea: of(
    "bytea",
    custom("bytea"),
    binaries.toSorted((a, b) => Buffer.compare(Buffer.from(a, "base64"), Buffer.from(b, "base64"))),
  ),
}

const times: Record<string, Trial> = {
  "timestamp with time zone": moments("timestamptz", timestamp({ withTimezone: true }), ".123456", "Z"),
  "timestamp without zone": moments("timestamp", timestamp(), ".000001", "Z"),
  "timestamp(0)": moments("timestamptz(0)", timestamp({ withTimezone: true, precision: 0 }), "", "Z"),
  "timestamp(1)": moments("timestamp(1)", timestamp({ precision: 1 }), ".9", "Z"),
  "timestamp(3)": moments("timestamptz(3)", timestamp({ withTimezone: true, precision: 3 }), ".999", "Z"),
  "timestamp as text": moments("timestamp", timestamp({ mode: "string" }), ".999999", ""),
  "timestamp with time zone as text": moments(
    "timestamptz",
    timestamp({ mode: "string", withTimezone: true }),
    ".000000",
    "Z",
  ),
  "microseconds in a row": of(
    "timestamptz",
    timestamp({ withTimezone: true }),
    [
      "2026-01-01T00:00:00.000001Z",
      "2026-01-01T00:00:00.000002Z",
      as("2026-01-01T01:00:00.0000039+01:00", "2026-01-01T00:00:00.000003Z"),
    ].slice(0, 2),
  ),
  date: of(
    "date",
    date(),
    ["-004712-01-01", "0000-02-29", "0001-01-01", "2024-02-29", "9999-12-31", "+010000-01-01"],
    {
      before: [["'-infinity'", "null"]],
      after: [
        ["'5874897-12-31'", '"+5874897-12-31"'],
        ["'infinity'", "null"],
      ],
    },
  ),
  time: of("time", time(), ["00:00:00", "00:00:00.000001", "12:30:00.5", "23:59:59.999999", "24:00:00"]),
  "time(3) with time zone": of("time(3) with time zone", time({ withTimezone: true, precision: 3 }), [
    "12:00:00+05:30",
    as("12:00:00.100Z", "12:00:00.1+00:00"),
    "12:00:00-12:30",
  ]),
  interval: of(
    "interval",
    interval(),
    [
      "P-1Y-2M",
      "PT-0.000001S",
      "PT0S",
      "PT0.000001S",
      as("PT90M", "PT1H30M"),
      "P1D",
      as("P1W", "P7D"),
      "P1Y2M3DT4H5M6.789S",
      "P1Y2M4DT-4H-5M-6.5S",
      "PT100000H",
    ],
    {
      before: [["'-infinity'", "null"]],
      after: [["'infinity'", "null"]],
    },
  ),
}

const arrays: Record<string, Trial> = {
  "text[]": of("text[]", text().array(), [[], texts, ["NULL", null, "null"], ["{a,b}"]].slice(0, 1), {}),
  "text[] of many": of(
    "text[]",
    text().array(),
    [
      ["a", "b,c", null],
      [...texts, "z"],
    ].toSorted(),
    {
      contains: [
        ["a", [0, 1]],
        ['a,"b,c"', [1]],
        ["z,😀", [0]],
        ["nothing", []],
      ],
    },
  ),
  "integer[][]": of(
    "integer[][]",
    integer().array().array(),
    [
      [],
      [
        [1, 2],
        [3, null],
      ],
    ],
    { contains: [["1,3", [1]]] },
  ),
  "enum[]": of(`"Odd schema"."Mood"[]`, moods().array(), [["sad", "a\"b'c", "happy, too", null]], {
    contains: [['"happy, too"', [0]]],
  }),
  "uuid[]": of("uuid[]", uuid().array(), [uuids], { contains: [[(uuids[1] as string).toUpperCase(), [0]]] }),
  "timestamp[]": of("timestamptz[]", timestamp({ withTimezone: true }).array(), [
    [],
    ["2026-01-01T00:00:00.000001Z", null],
  ]),
  "numeric[][]": of(
    "numeric(10, 2)[][]",
    numeric({ precision: 10, scale: 2 }).array().array(),
    [
      as(
        [
          [1, "2.5"],
          [null, "3.25"],
        ],
        [
          ["1.00", "2.50"],
          [null, "3.25"],
        ],
      ),
    ],
    { contains: [["2.5", [0]]] },
  ),
  "bigint[]": of("bigint[]", bigint({ mode: "bigint" }).array(), [int64s], { contains: [["9", [0]]] }),
  "boolean[]": of("boolean[]", boolean().array(), [[true, false, null]]),
  "bytea[]": of("bytea[]", custom("bytea[]"), [binaries.slice(0, 20)]),
  "double precision[]": of("double precision[]", doublePrecision().array(), [[0.1, 1e300]], {
    after: [["array['NaN', 1]::float8[]", "[null,1]"]],
  }),
  "jsonb[]": of("jsonb[]", jsonb().array(), [[{ a: 1 }, [1, 2], "x"]]),
}

/** Every type of column that a table of Postgres may have. */
export const postgresTrials: Record<string, Trial> = {
  ...numbers,
  ...strings,
  ...times,
  ...arrays,
  json: of("json", json(), [{ b: 1, a: [1, { c: null }] }]),
  jsonb: of("jsonb", jsonb(), [{ a: 1 }, [1, null], "x", 1.5]),
}
