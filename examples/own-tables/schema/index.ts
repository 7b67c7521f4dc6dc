export * from "./people.ts"
export * from "./projects.ts"
export * from "./tasks.ts"
