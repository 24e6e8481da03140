# The archive as a container: one process, no root, all it keeps in /data.
#   docker build -t nccid . && docker run -p 8080:8080 -v nccid:/data nccid

FROM node:20-bookworm-slim AS build
WORKDIR /app
# better-sqlite3 is compiled where no binary for this machine can be had.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends g++ make python3 \
 && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build \
 && NCCID_VIEWER=/app/viewer node dist/start.cjs fetch viewer \
 && npm prune --omit=dev

FROM node:20-bookworm-slim
ENV NODE_ENV=production \
    NCCID_DATA=/data \
    NCCID_VIEWER=/app/viewer \
    NCCID_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/viewer ./viewer
# The folder belongs to the user before it becomes a volume: a new volume takes its owner from it.
RUN install --directory --owner=node --group=node --mode=0750 /data
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.NCCID_PORT || 8080}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/start.cjs"]
CMD ["serve"]
