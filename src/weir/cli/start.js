import "../runtime/fast-imports.js"

await import("./db.ts")
