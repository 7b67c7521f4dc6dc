import { rows as pgChatRows } from "../pg-chat/pg-chat.rows.ts"
import * as pgChat from "../pg-chat/pg-chat.ts"
import { rows as pgHardRows } from "../pg-hard/pg-hard.rows.ts"
import * as pgHard from "../pg-hard/pg-hard.ts"
import { rows as pgSaasRows } from "../pg-saas/pg-saas.rows.ts"
import * as pgSaas from "../pg-saas/pg-saas.ts"
import { rows as pgShopRows } from "../pg-shop/index.rows.ts"
import * as pgShop from "../pg-shop/index.ts"
import { rows as sqliteBuilderRows } from "../sqlite-builder/sqlite-builder.rows.ts"
import * as sqliteBuilder from "../sqlite-builder/sqlite-builder.ts"
import { rows as sqliteHardRows } from "../sqlite-hard/sqlite-hard.rows.ts"
import * as sqliteHard from "../sqlite-hard/sqlite-hard.ts"
import { rows as sqliteMailRows } from "../sqlite-mail/sqlite-mail.rows.ts"
import * as sqliteMail from "../sqlite-mail/sqlite-mail.ts"
import { rows as sqliteTravelRows } from "../sqlite-travel/index.rows.ts"
import * as sqliteTravel from "../sqlite-travel/index.ts"
import { type TableFacts, tablesOf } from "./facts.ts"

/** A schema as people have it: plain Drizzle, not written for Weir. */
export interface PeoplesSchema {
  name: string
  dialect: "sqlite" | "postgres"
  casing?: "snake_case"
  module: Record<string, unknown>
  /** Rows by the export's name of their table, in an order that foreign keys allow. */
  rows: Record<string, object[]>
  tables: TableFacts[]
  /** Columns that nobody is shown without a rule, by table. */
  hidden: Record<string, string[]>
}

type Declared = Omit<PeoplesSchema, "tables" | "dialect">

const declared: Declared[] = [
  { name: "pg-chat", module: pgChat, rows: pgChatRows, hidden: { member: ["pinHash"] } },
  { name: "pg-saas", module: pgSaas, rows: pgSaasRows, hidden: { people: ["passwordHash"] } },
  {
    name: "pg-shop",
    module: pgShop,
    rows: pgShopRows,
    hidden: { baskets: ["payerSecret"], newsReaders: ["token"] },
  },
  {
    name: "sqlite-mail",
    module: sqliteMail,
    rows: sqliteMailRows,
    hidden: {
      persons: ["password"],
      passports: ["renewal_token", "entry_token", "face_token"],
      boxLinks: ["token"],
      letterLinks: ["token"],
    },
  },
  {
    name: "sqlite-travel",
    casing: "snake_case",
    module: sqliteTravel,
    rows: sqliteTravelRows,
    hidden: { sitting: ["token"], papers: ["accessToken", "refreshToken", "idToken", "password"] },
  },
  {
    name: "sqlite-builder",
    module: sqliteBuilder,
    rows: sqliteBuilderRows,
    hidden: {
      stagings: ["boxSecret"],
      players: ["passphraseHash", "calendarToken"],
      consoles: ["pairingSecret"],
      setOrders: ["drawingHash"],
    },
  },
  { name: "pg-hard", module: pgHard, rows: pgHardRows, hidden: { accounts: ["access_token"] } },
  { name: "sqlite-hard", module: sqliteHard, rows: sqliteHardRows, hidden: { accounts: ["access_token"] } },
]

const all = declared.map(
  (schema): PeoplesSchema => ({
    ...schema,
    dialect: schema.name.startsWith("pg-") ? "postgres" : "sqlite",
    tables: tablesOf(schema.module),
  }),
)

/** The dialect of the project that runs. */
export const dialect = /^postgres/.test(process.env.DATABASE_URL ?? "") ? "postgres" : "sqlite"

/** The schemas of this project's dialect. */
export const schemas = all.filter((schema) => schema.dialect === dialect)

/** A schema by name; undefined where it is of the other dialect. */
export const schemaNamed = (name: string): PeoplesSchema | undefined => schemas.find((s) => s.name === name)

/** The properties of a table that everybody is shown. */
export const shownOf = ({ hidden }: PeoplesSchema, { name, columns }: TableFacts): string[] =>
  Object.keys(columns).filter((property) => !hidden[name]?.includes(property))
