import { resources } from "../../resources.ts"
import type { Resource } from "../resource/resource.ts"

/** The resource of that name. Throws one line that says which there are. */
export function findTable(name: string): Resource {
  const found = resources.find((resource) => resource.name === name)
  if (!found)
    throw new Error(`there is no table ${name}; there are ${resources.map((r) => r.name).join(", ")}`)
  return found
}

/** A whole number of an option. Throws one line that names it. */
export const count =
  (option: string) =>
  (text: string): number => {
    if (!/^\d{1,9}$/.test(text))
      throw new Error(`${option} ${text}: must be a whole number from 0 to 999999999`)
    return Number(text)
  }
