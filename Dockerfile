# lockgate: one static binary, nothing else in the image.
#
#   docker build -t lockgate/lockgate:0.1.0 .
#
# With your chain in it (an image for init containers, sidecars and Jobs):
#
#   FROM lockgate/lockgate:0.1.0
#   COPY migrations /migrations
#
# Inside your app's image, glibc or musl, with a shell or without:
#
#   COPY --from=lockgate/lockgate:0.1.0 /lockgate /lockgate
#   ENTRYPOINT ["/lockgate", "exec", "--", "/app"]
#
# The tag below names a version. A release names its base by digest as well, and refuses a tag alone:
#
#   docker build -t lockgate/lockgate:0.1.0 --build-arg RELEASE=yes --build-arg RUST=rust:1.95-bookworm@$( \
#     docker buildx imagetools inspect rust:1.95-bookworm --format '{{.Manifest.Digest}}') .

ARG RUST=rust:1.95-bookworm

FROM ${RUST} AS build

# What is said before FROM is not known behind it, unless it is asked for again.
ARG RUST
ARG RELEASE=no
RUN case "$RELEASE $RUST" in \
      "no "* | "yes "*@sha256:*) ;; \
      *) echo "RELEASE=yes takes RUST=IMAGE@sha256:DIGEST" >&2; exit 1 ;; \
    esac

# bindgen reads PostgreSQL's parser with libclang. Needed here only.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libclang-dev \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY src src

# Static. Names still resolve: since glibc 2.34 the resolvers `files` and `dns` are part of libc itself, so
# /etc/resolv.conf and /etc/hosts, which the container runtime provides, are all it takes (search domains and
# ndots included). Not available are name services from plugins (mDNS, LDAP). With an explicit --target the
# flags do not reach build scripts and procedural macros, which must stay dynamic.
ENV RUSTFLAGS="-C target-feature=+crt-static"
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    target="$(rustc -vV | sed -n 's/^host: //p')" \
    && cargo build --release --locked --bin lockgate --target "$target" \
    && cp "target/$target/release/lockgate" /lockgate \
    && ! readelf --program-headers /lockgate | grep -q INTERP \
    && /lockgate --help >/dev/null

FROM scratch

ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="lockgate" \
      org.opencontainers.image.description="A deploy gate for PostgreSQL: waits for the database, brings its schema to head, proves it, then opens" \
      org.opencontainers.image.source="https://github.com/lockgate/lockgate" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"

# The authorities for sslmode=verify-full with sslrootcert=system.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /lockgate /lockgate

ENV LOCKGATE_MIGRATIONS=/migrations

# A number, not a name: with runAsNonRoot the kubelet must see that it is not 0, and there is no passwd here.
USER 65532:65532
WORKDIR /
EXPOSE 9321
STOPSIGNAL SIGTERM
ENTRYPOINT ["/lockgate"]
CMD ["migrate"]
