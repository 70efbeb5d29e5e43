"""Images without a container engine: the final stage of the Dockerfile as a docker archive."""

import hashlib
import io
import json
import platform
import re
import tarfile


def final_stage(dockerfile):
    """The configuration that the last stage gives an image, and its COPY --from lines as (source, target)."""
    text = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", open(dockerfile).read()))
    lines = [line.split(None, 1) for line in text.splitlines() if line.strip()]
    last = max(index for index, line in enumerate(lines) if line[0] == "FROM")
    assert lines[last][1] == "scratch", "the final stage is not from scratch"
    config, copies = {"Env": ["PATH=/"]}, []
    for word, rest in lines[last + 1:]:
        if word in ("ENTRYPOINT", "CMD"):
            config[word.capitalize()] = json.loads(rest)
        elif word == "USER":
            config["User"] = rest
        elif word == "WORKDIR":
            config["WorkingDir"] = rest
        elif word == "STOPSIGNAL":
            config["StopSignal"] = rest
        elif word == "ENV":
            config["Env"].append(rest)
        elif word == "COPY":
            _, source, target = rest.split()
            copies.append((source, target))
    return config, copies


def layer(files):
    """A layer of FILES, a dict of path in the image to content; what is executable is everything but .sql and .crt."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for path, content in sorted(files.items()):
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode = len(content), 0o644 if path.endswith((".sql", ".crt")) else 0o755
            archive.addfile(entry, io.BytesIO(content))
    return tar.getvalue()


def write_archive(path, name, config, layers):
    """`docker save`'s format, which every container runtime imports."""
    digests = [hashlib.sha256(content).hexdigest() for content in layers]
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    image = {
        "architecture": machine,
        "os": "linux",
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": [f"{digest}.tar" for digest in digests]}]
    parts = {"manifest.json": json.dumps(manifest).encode(), "config.json": json.dumps(image).encode()}
    parts.update(zip(manifest[0]["Layers"], layers))
    with tarfile.open(path, "w") as archive:
        for part, content in parts.items():
            entry = tarfile.TarInfo(part)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
