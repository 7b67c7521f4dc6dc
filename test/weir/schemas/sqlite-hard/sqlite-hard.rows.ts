const range = (length: number) => Array.from({ length }, (_, i) => i);
const ids = ['a/b', 'a,b', '100%', '%2F', 'ünï ❄ 🎻', ' lead', 'q?x=1&y#z', 'it"s', "o'clock", '..', 'x'.repeat(900), 'plus+plus', 'back\\slash', '[brackets]', 'me', 'batch', '{"a":1}', '-', '~'];

const users = ids.map((id, n) => ({ id, name: n % 3 ? `Name ${n}` : null, email: `u${n}@example.test`, image: n % 4 ? null : '' }));
const accounts = [
  ...ids.map((id, n) => ({ userId: ids[(n * 5) % ids.length], type: n % 2 ? 'oauth' : "o'idc", provider: ids[(n * 7) % ids.length], providerAccountId: id, expires_at: n % 3 ? n : null, access_token: n % 2 ? `at-${n}-secret` : null })),
  { userId: 'a/b', type: 'oauth', provider: '', providerAccountId: ',', expires_at: 1 },
  { userId: 'a/b', type: 'oauth', provider: ',', providerAccountId: '', expires_at: 1 },
];
const odd = range(20).map((n) => ({
  id: n % 2 ? `i/${n % 3}` : null,
  limit: n % 4,
  sort: n % 3 ? `-s${n % 5}` : null,
  fields: n % 2 ? 'id,sort' : '',
  include: n % 3 ? null : 'user',
  q: n % 2 ? `"q" ${n}` : null,
  key: n % 7 ? `k${n}` : null,
  skip: n % 3 ? n % 2 === 0 : null,
  after: n % 4 ? new Date(1_700_000_000_000 + n) : null,
  builder: n % 2 ? 'Object' : null,
  asText: n % 3 ? '[object]' : null,
  worth: n % 4 ? n + 0.25 : null,
  order: 20 - n,
  group: `g${n % 2}`,
  user: n % 3 ? (ids[n % ids.length] as string) : null,
}));
const folders = range(14).map((n) => ({ parentId: n ? Math.ceil(n / 2) : null, ownerId: n % 3 ? ids[n % 4] : null, editorId: ids[(n + 1) % 5], title: `Folder ${n}`, meta: n % 3 ? { tags: [`"${n}"`] } : null }));
const folderUsers = range(15).map((n) => ({ folderId: (n % 5) + 1, userId: ids[n] }));

export const rows: Record<string, object[]> = { users, accounts, odd, folders, folderUsers };
