/**
 * A module of a JSON file: the value, and its members, each by its name.
 *
 * @param {string} text
 * @param {string} path
 */
export function fromJson(text, path) {
  let value
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""))
  } catch (error) {
    throw new Error(`${path} is no JSON: ${/** @type {Error} */ (error).message}`)
  }
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value)
  const members = Object.keys(isObject ? value : {}).filter(
    (name) => name !== "default" && name.isWellFormed(),
  )
  const exported = members.map((name, i) => {
    const text = JSON.stringify(name)
    return `const $${i} = value[${text}]\nexport { $${i} as ${text} }\n`
  })
  return `const value = JSON.parse(${JSON.stringify(JSON.stringify(value))})\nexport default value\n${exported.join("")}`
}
