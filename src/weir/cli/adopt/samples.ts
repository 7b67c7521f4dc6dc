/** Hashes of the files that adopt may replace, as the project brings them. Written by `npm run docs`. */
export const samples: readonly string[] = [
  // src/api.ts
  "1df2fe0ac9d1ff60",
  // src/resources.ts
  "b0e09965ab5be8d6",
]

/** The files that belong to these. */
export const sampleFiles: readonly string[] = [
  "src/routes/stats.ts",
  "src/schema/items.ts",
  "src/schema/users.ts",
  "src/seed.ts",
  "drizzle",
]
