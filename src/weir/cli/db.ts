import { Command } from "commander"
import { fail } from "../runtime/fail.ts"

/** Each `npm run db:…` is one of these; what one does not need is not loaded. */
const commands: Record<string, () => Promise<(command: Command) => Command>> = {
  generate: async () => (await import("./generate/command.ts")).generateCommand,
  migrate: async () => (await import("./migrate.ts")).migrateCommand,
  rollback: async () => (await import("./rollback.ts")).rollbackCommand,
  status: async () => (await import("./status.ts")).statusCommand,
  rehearse: async () => (await import("./rehearse/command.ts")).rehearseCommand,
  seed: async () => (await import("./seed.ts")).seedCommand,
  import: async () => (await import("./import/command.ts")).importCommand,
  export: async () => (await import("./export.ts")).exportCommand,
}

const [name = "", ...args] = process.argv.slice(2)
try {
  if (name === "" || name === "--help" || name === "-h") {
    console.log(`npm run db:<command> -- --help, for ${Object.keys(commands).join(", ")}`)
    process.exit(0)
  }
  const load = commands[name]
  if (!load) throw new Error(`there is no db:${name}; there are ${Object.keys(commands).join(", ")}`)
  const command = new Command(`npm run db:${name} --`).showSuggestionAfterError()
  await (await load())(command).parseAsync(args, { from: "user" })
} catch (error) {
  const { SettingError } = await import("../runtime/settings.ts")
  fail(`db:${name}:`, error instanceof SettingError ? new Error(error.message) : error)
}
