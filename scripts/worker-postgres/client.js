// The package's own build for Workers rejects unhandled when it closes a connection; its Node build does not.
// @ts-expect-error: a file of the package has no types.
export { default } from "../../node_modules/postgres/src/index.js"
