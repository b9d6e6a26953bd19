# One image for every service:  docker build -t verbcast .
# With CUDA, for workers:       docker build -t verbcast:gpu --build-arg ONNXRUNTIME=cuda12 \
#                                 --build-arg RUNTIME_IMAGE=nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04 .
ARG NODE_IMAGE=node:22-bookworm-slim
ARG RUNTIME_IMAGE=${NODE_IMAGE}

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# `skip`: the CPU library inside the package is enough. `cuda12`: the CUDA libraries are downloaded.
ARG ONNXRUNTIME=skip
RUN ONNXRUNTIME_NODE_INSTALL=${ONNXRUNTIME} npm ci
COPY . .
# At run time ffmpeg is the system's, and of onnxruntime only this platform's libraries are loaded.
RUN scripts/build.sh \
  && npm prune --omit=dev --ignore-scripts \
  && rm -rf node_modules/ffmpeg-static \
  && find node_modules/onnxruntime-node/bin -mindepth 2 -maxdepth 2 ! -name linux -exec rm -rf {} +

FROM ${RUNTIME_IMAGE}
RUN apt-get update \
  && apt-get install -y --no-install-recommends ffmpeg tini \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -o 10001 -g 10001 /data
COPY --from=build /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/models/pocket models/pocket
COPY --from=build /app/docs docs
COPY --from=build /app/dist dist
ENV NODE_ENV=production FFMPEG_PATH=/usr/bin/ffmpeg DATA_DIR=/data MEDIA_DIRS=/media
USER 10001:10001
# tini passes signals on and reaps: a container that is stopped drains.
ENTRYPOINT ["tini", "--", "node", "dist/cli/main.js"]
CMD ["--help"]
