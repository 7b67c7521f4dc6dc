import type { Resource } from "../resource/resource.ts"
import type { Project } from "./project.ts"

/** The resource of that name. Throws one line that says which there are. */
export async function findTable({ api }: Project, name: string): Promise<Resource> {
  const { resources } = (await api()).api
  const resource = resources.find((one) => one.name === name)
  if (!resource)
    throw new Error(`there is no table ${name}; there are ${resources.map((one) => one.name).join(", ")}`)
  return resource
}

/** A whole number of an option. Throws one line that names it. */
export const count =
  (option: string) =>
  (text: string): number => {
    if (!/^\d{1,9}$/.test(text))
      throw new Error(`${option} ${text}: must be a whole number from 0 to 999999999`)
    return Number(text)
  }
