import "./fast-imports.js"

await import("./node.ts")
