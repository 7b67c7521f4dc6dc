export { writeRecords } from "#weir/schema"
