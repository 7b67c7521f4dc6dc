export { rowHistory } from "#weir/schema"
