/** Hashes of the files that adopt may replace, as the project brings them. Written by `npm run docs`. */
export const samples: readonly string[] = [
  // src/api.ts
  "4b17e60b9a9f43de",
  // src/resources.ts
  "c4060f6423a416d7",
]

/** The files that belong to these. */
export const sampleFiles: readonly string[] = [
  "src/routes/stats.ts",
  "src/schema/items.ts",
  "src/schema/notes.ts",
  "src/schema/users.ts",
  "src/schema/write-records.ts",
  "src/seed.ts",
  "drizzle",
]
