import type { z } from "zod"

interface Issue {
  path: string
  message: string
  code: string
}

/** Converts Zod's issues to entries of a problem's `errors`. A path has the client's own names, after `prefix`. */
export function issuesOf(error: Pick<z.ZodError, "issues">, prefix: string[] = []): Issue[] {
  return error.issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path.map(String)]
    if (issue.code === "unrecognized_keys")
      return issue.keys.slice(0, 20).map((key) => ({
        path: [...path, key].join("."),
        message: "is not a field that can be written",
        code: "unknown_field",
      }))
    const missing = issue.code === "invalid_type" && issue.message.includes("received undefined")
    return [
      {
        path: path.join(".") || "body",
        message: missing ? "is required" : issue.message,
        code: missing ? "required" : codeOf(issue),
      },
    ]
  })
}

/** The code of an issue: of a check of the engine's own, the one that it names. */
const codeOf = (issue: z.core.$ZodIssue): string =>
  issue.code === "custom" && typeof issue.params?.code === "string" ? issue.params.code : issue.code
