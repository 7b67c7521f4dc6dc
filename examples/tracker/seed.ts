import { hashPassword, type Seeds } from "#weir"

const password = "a password for seeds"
const hashed_password = await hashPassword(password)

// User n owns organization n, which has project n: user 1 sees the odd issues, user 2 the even ones.
const turn = (n: number, count: number): number => ((n - 1) % count) + 1

export const seeds: Seeds = {
  note: `sign in as user1 or user2 with "${password}"`,
  tables: {
    users: {
      rows: 2,
      row: (n) => ({ id: n, email: `user${n}@example.com`, username: `user${n}`, hashed_password }),
    },
    organizations: {
      rows: 2,
      row: (n, { users = 1 }) => ({ id: n, name: `Organization ${n}`, founder_id: turn(n, users) }),
    },
    memberships: {
      rows: 2,
      row: (n, { users = 1, organizations = 1 }) => ({
        id: n,
        user_id: turn(n, users),
        organization_id: turn(n, organizations),
        role: "owner",
      }),
    },
    projects: {
      rows: 2,
      row: (n, { organizations = 1 }) => ({
        id: n,
        organization_id: turn(n, organizations),
        name: `Project ${n}`,
      }),
    },
    issues: {
      rows: 20,
      row: (n, { projects = 1 }) => {
        const at = turn(n, projects)
        const parent_id = n > projects && n % 3 === 0 ? at : null
        return { id: n, organization_id: at, project_id: at, parent_id, title: `Issue ${n}`, author_id: at }
      },
    },
  },
}
