// Deploys the Worker as `wrangler deploy` does, with its arguments, but smaller: terser's names and statements compress
// better than esbuild's.
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { minify } from "terser"

const wrangler = join(
  dirname(createRequire(import.meta.url).resolve("wrangler/package.json")),
  "wrangler-dist/cli.js",
)
const given = process.argv.slice(2)

/**
 * Runs wrangler, and ends with what it says where it fails.
 * @param {string[]} args
 * @param {boolean} [isSilent]
 */
function run(args, isSilent) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--no-warnings", wrangler, ...args], {
    stdio: isSilent ? ["inherit", "pipe", "pipe"] : "inherit",
    encoding: "utf8",
  })
  if (status === 0) return
  if (isSilent) process.stderr.write(`${stdout}${stderr}`)
  process.exit(status ?? 1)
}

// Within the project, where wrangler finds its settings from.
const folder = mkdtempSync(join(process.cwd(), ".wrangler-deploy-"))
process.on("exit", () => rmSync(folder, { recursive: true, force: true }))
const bundled = given.filter((arg, i) => !/^--(dry-run|outdir)\b/.test(arg) && given[i - 1] !== "--outdir")
run(["deploy", ...bundled, "--dry-run", "--outdir", folder], true)

const [file, mapFile] = [join(folder, "worker.js"), join(folder, "worker.js.map")]
const { code = "", map = "" } = await minify(
  { "worker.js": readFileSync(file, "utf8") },
  {
    module: true,
    ecma: 2020,
    // Comparisons as they are written repeat more often than with all constants on the left.
    compress: { passes: 2, inline: 1, lhs_constants: false },
    sourceMap: { content: readFileSync(mapFile, "utf8"), filename: "worker.js", url: "worker.js.map" },
  },
)
writeFileSync(file, code)
writeFileSync(mapFile, String(map))
rmSync(join(folder, "README.md"), { force: true })
run(["deploy", file, "--no-bundle", "--minify=false", ...given])
