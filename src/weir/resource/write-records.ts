import type { Table } from "drizzle-orm"
import { writeRecords } from "../db/dialect/write-records.ts"

/** Whether an API keeps records of writes. Throws where it names another table for them. */
export function keepsRecords(table: Table | undefined): boolean {
  if (table && table !== writeRecords)
    throw new Error("defineApi: records takes the table writeRecords of #weir/schema")
  return table !== undefined
}
