/** Whether a value is an object that has a prototype. An imported namespace has none, which Drizzle's `is` fails at. */
export const hasPrototype = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) !== null
