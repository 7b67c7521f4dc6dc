import type { Resource } from "../resource/resource.ts"
import type { Project } from "./project.ts"

/** The resource with a name. Throws one line that lists the names where there is none. */
export async function findTable({ api }: Project, name: string): Promise<Resource> {
  const { resources } = (await api()).api
  const resource = resources.find((candidate) => candidate.name === name)
  if (!resource)
    throw new Error(`there is no table ${name}; there are ${resources.map((each) => each.name).join(", ")}`)
  return resource
}

/** Parses the whole number of an option. Throws one line that names the option. */
export const count =
  (option: string) =>
  (text: string): number => {
    if (!/^\d{1,9}$/.test(text))
      throw new Error(`${option} ${text}: must be a whole number from 0 to 999999999`)
    return Number(text)
  }
