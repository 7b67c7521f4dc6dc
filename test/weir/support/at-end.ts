import { afterAll } from "vitest"

/** What is to be done after each file's tests, whichever of them needed it. */
const works: (() => Promise<unknown>)[] = []

/** Has something done after the tests of each file from now on. A worker goes on to the next file with its modules. */
export const atEnd = (work: () => Promise<unknown>): void => void works.push(work)

/** Vitest runs this before each file. */
export const registerWorks = (): void => afterAll(() => Promise.all(works.map((work) => work())))
