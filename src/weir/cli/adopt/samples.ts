/** Hashes of the files that adopt may replace, as the project brings them. Written by `npm run docs`. */
export const samples: readonly string[] = [
  // src/api.ts
  "5f576130a68fb15f",
  // src/resources.ts
  "be3d15c8555cdbb7",
]

/** The files that belong to these. */
export const sampleFiles: readonly string[] = [
  "src/routes/stats.ts",
  "src/schema/accounts.ts",
  "src/schema/items.ts",
  "src/schema/notes.ts",
  "src/schema/users.ts",
  "src/schema/write-records.ts",
  "src/seed.ts",
  "drizzle",
]
