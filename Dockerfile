# docker build -t coopgraph . && docker run -p 8000:8000 -v coopgraph:/data coopgraph

FROM rust:1.95-bookworm AS builder
# They build the playground, see build.rs.
RUN apt-get update \
    && apt-get install -y --no-install-recommends nodejs npm \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
# The caches outlive the layer: a change of ours compiles nothing of others again. They are no part
# of the image, hence the copy. `touch`, because cargo goes by times, and a cache may be newer than an
# older checkout. Only the server is built: no tests, no benchmarks. The build goes on without the
# playground where it fails, hence the look into the binary.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/build/target,sharing=locked \
    --mount=type=cache,target=/build/.npm,sharing=locked \
    export npm_config_cache=/build/.npm \
    && find build.rs src days folding migration web -type f -exec touch {} + \
    && cargo build --release --locked --package coopgraph --bin coopgraph \
    && grep --quiet 'coopgraph playground' target/release/coopgraph \
    && cp target/release/coopgraph /coopgraph

# Not distroless: the same Debian, hence the same libc, as the builder's, and a shell for the day
# when someone has to look into /data. SQLite is inside the binary; nothing is installed.
FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="coopgraph" \
      org.opencontainers.image.description="A GraphQL server for international cooperation data" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
# A fixed number, so that mounted folders can be given to it; a new volume takes over the owner.
RUN groupadd --system --gid 10001 coopgraph \
    && useradd --system --uid 10001 --gid 10001 --home-dir /data --no-create-home \
        --shell /usr/sbin/nologin coopgraph \
    && install -d -m 0750 -o coopgraph -g coopgraph /data
COPY LICENSE-APACHE LICENSE-MIT /usr/share/doc/coopgraph/
COPY --from=builder /coopgraph /usr/local/bin/coopgraph

# By number: Kubernetes cannot tell from a name that it is not root.
USER 10001:10001
WORKDIR /data
VOLUME /data
ENV COOPGRAPH_LISTEN=0.0.0.0:8000 \
    DATABASE_URL=sqlite:///data/coopgraph.db
EXPOSE 8000
# Asks /readyz of the configured address; the image has no curl.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["coopgraph", "health"]
ENTRYPOINT ["coopgraph"]
CMD ["serve"]
