import { expect, test } from "vitest"
import { Turns } from "../../../src/weir/lib/turns.ts"

/** All jobs in the order of their turns. */
function taken(turns: Turns<string>, mayRun: (job: string) => boolean = () => true): string[] {
  const jobs: string[] = []
  for (;;) {
    const job = turns.take(mayRun)
    if (job === undefined) return jobs
    jobs.push(job)
  }
}

test("clients take turns, each in the order of its own jobs", () => {
  const turns = new Turns<string>()
  for (const job of ["a1", "a2", "a3", "b1", "c1", "c2"]) turns.add(job.charAt(0), job)
  expect(turns.size).toBe(6)
  expect(taken(turns)).toEqual(["a1", "b1", "c1", "a2", "c2", "a3"])
  expect(turns.size).toBe(0)
})

test("who comes later has the next turn but one, however many wait", () => {
  const turns = new Turns<string>()
  for (let i = 0; i < 50; i++) turns.add("a", `a${i}`)
  expect(turns.take(() => true)).toBe("a0")
  turns.add("b", "b0")
  expect(taken(turns).indexOf("b0")).toBe(1)
})

test("a job that may not run keeps its place, and lets others go ahead", () => {
  const turns = new Turns<string>()
  for (const job of ["a-slow", "a1", "b-slow", "c1"]) turns.add(job.charAt(0), job)
  expect(taken(turns, (job) => !job.endsWith("slow"))).toEqual(["a1", "c1"])
  expect(taken(turns)).toEqual(["b-slow", "a-slow"])
})

test("a job may be taken out, and one that had its turn comes first again", () => {
  const turns = new Turns<string>()
  for (const job of ["a1", "b1", "b2"]) turns.add(job.charAt(0), job)
  turns.remove("b", "b1")
  turns.remove("b", "b1")
  turns.remove("x", "x1")
  turns.addFirst("b", "b0")
  expect(turns.size).toBe(3)
  expect(turns.drain()).toEqual(["b0", "b2", "a1"])
  expect(turns.size).toBe(0)
})
