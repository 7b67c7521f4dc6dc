import { spawnSync } from "node:child_process"

/** Programs that the whole suite runs, and the packages of Debian that bring them. */
const programs = ["chromium", "redis-server", "pgbouncer"]

/** Debian puts PgBouncer where a user's PATH does not look. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }
const missing = programs.filter((program) => spawnSync(program, ["--version"], { env }).error)
if (missing.length) {
  const packages = missing.join(" ")
  console.error(
    `npm run test:all needs ${missing.join(" and ")}: sudo apt-get install -y --no-install-recommends ${packages}`,
  )
  process.exit(1)
}
