"""Rules of the platform files that no schema of theirs knows. Called by `check`; says each breach on a line."""

import copy
import re
import sys

import jsonschema
import yaml


def load(path):
    with open(path) as file:
        return [document for document in yaml.safe_load_all(file) if document]


# --- Kubernetes workloads: Pod Security "restricted", and what every gate must have ---

RESTRICTED_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret",
}


def workloads(documents):
    pods = [document for document in documents if document["kind"] in ("Deployment", "Job")]
    if not pods:
        yield "no workload in the file"
    for document in pods:
        pod = document["spec"]["template"]["spec"]
        yield from restricted(pod)
        yield from gates(document, pod)
    for document in documents:
        if document["kind"] == "Namespace":
            enforced = document["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce")
            if enforced != "restricted":
                yield "the namespace does not enforce the restricted profile"


def restricted(pod):
    outer = pod.get("securityContext", {})
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(field):
            yield f"{field} is set"
    for volume in pod.get("volumes", []):
        for kind in set(volume) - {"name"} - RESTRICTED_VOLUMES:
            yield f"volume {volume['name']}: {kind}"
    for container in containers(pod):
        own = container.get("securityContext", {})
        effective = {**outer, **own}
        wanted = {
            "runAsNonRoot": effective.get("runAsNonRoot") is True,
            "runAsUser": effective.get("runAsUser") != 0,
            "privileged": not own.get("privileged"),
            "allowPrivilegeEscalation": own.get("allowPrivilegeEscalation") is False,
            "capabilities.drop": "ALL" in own.get("capabilities", {}).get("drop", []),
            "capabilities.add": set(own.get("capabilities", {}).get("add", [])) <= {"NET_BIND_SERVICE"},
            "seccompProfile": effective.get("seccompProfile", {}).get("type") in ("RuntimeDefault", "Localhost"),
            "procMount": own.get("procMount", "Default") == "Default",
            "hostPort": not any(port.get("hostPort") for port in container.get("ports", [])),
            # Not in the profile, but ours.
            "readOnlyRootFilesystem": own.get("readOnlyRootFilesystem") is True,
            "resources": {"requests", "limits"} <= set(container.get("resources", {})),
            "image": pinned(container["image"]),
        }
        for field, holds in wanted.items():
            if not holds:
                yield f"container {container['name']}: {field}"


def containers(pod):
    return pod.get("initContainers", []) + pod["containers"]


def pinned(image):
    """Has a digest, or a tag that names a version."""
    if re.search(r"@sha256:[0-9a-f]{64}$", image):
        return True
    tag = re.search(r":([^:/@]+)$", image)
    return bool(tag) and bool(re.search(r"\d+\.\d+", tag[1]))


# What no retry helps, of the exit codes: a Job must fail at once.
HOPELESS = {64, 65, 69, 77, 78}


def gates(document, pod):
    job = document["kind"] == "Job"
    gate = next((c for c in containers(pod) if c["name"] == "lockgate"), None)
    if gate is None:
        yield "no container lockgate"
        return
    last = pod["containers"] if job else pod.get("initContainers", [])
    if not last or last[-1] is not gate:
        yield "the gate is not the last container before the app" if not job else "the gate is not the Job's own container"
    environment = {variable["name"]: variable for variable in gate.get("env", [])}
    if not from_secret(environment, gate, pod):
        yield "the database's URL is not from a Secret"
    if environment.get("POD_NAME", {}).get("valueFrom") != {"fieldRef": {"fieldPath": "metadata.name"}}:
        yield "POD_NAME is not the name of the pod"
    if gate.get("terminationMessagePolicy") != "FallbackToLogsOnError":
        yield "terminationMessagePolicy"
    waits = gate.get("args") == ["wait"]
    timeouts = ["LOCKGATE_WAIT_TIMEOUT"] + ([] if waits else ["LOCKGATE_LOCK_WAIT"])
    for name in set(timeouts) - set(environment):
        yield f"no {name}"
    budget = sum(seconds(environment[name]["value"]) for name in timeouts if name in environment)
    if document["kind"] == "Deployment" and document["spec"].get("progressDeadlineSeconds", 600) <= budget:
        yield "progressDeadlineSeconds ends before the gate gives up"
    if pod.get("terminationGracePeriodSeconds", 30) <= 25:
        yield "terminationGracePeriodSeconds is not above LOCKGATE_GRACE"
    if job:
        yield from retries(document, pod)

    sidecar = gate.get("restartPolicy") == "Always"
    if gate.get("args") not in ([["serve"]] if sidecar else [["migrate"]] if job else [["migrate"], ["wait"]]):
        yield f"args {gate.get('args')}"
    probes = {"startupProbe": "/ready", "livenessProbe": "/livez", "readinessProbe": "/ready"}
    ports = {port.get("name"): port["containerPort"] for port in gate.get("ports", [])}
    for probe, path in probes.items():
        if not sidecar:
            if probe in gate:
                yield f"an init container may have no {probe}"
        elif gate.get(probe, {}).get("httpGet") != {"path": path, "port": "gate"} or ports.get("gate") != 9321:
            yield f"{probe} does not ask {path} of port gate (9321)"
    if sidecar:
        startup = gate["startupProbe"]
        if startup["periodSeconds"] * startup["failureThreshold"] <= budget:
            yield "startupProbe kills the gate before it gives up"
        latch = environment.get("LOCKGATE_LATCH_FILE", {}).get("value", "")
        volumes = {volume["name"]: volume for volume in pod.get("volumes", [])}
        if not any(
            latch.startswith(mount["mountPath"] + "/") and "emptyDir" in volumes.get(mount["name"], {})
            for mount in gate.get("volumeMounts", [])
        ):
            yield "LOCKGATE_LATCH_FILE is not on an emptyDir"


def from_secret(environment, gate, pod):
    """The URL is a Secret's, as a variable or as a file; or it holds no password."""
    given = environment.get("LOCKGATE_DATABASE_URL", {})
    if "secretKeyRef" in given.get("valueFrom", {}):
        return True
    if "value" in given and not re.search(r"://[^/@]*:", given["value"]):
        return True
    file = environment.get("LOCKGATE_DATABASE_URL_FILE", {}).get("value", "")
    volumes = {volume["name"]: volume for volume in pod.get("volumes", [])}
    # A subPath would never follow the Secret.
    return any(file.startswith(mount["mountPath"] + "/") and "secret" in volumes.get(mount["name"], {}) and "subPath" not in mount
               for mount in gate.get("volumeMounts", []))


def retries(job, pod):
    """A Job retries what a retry helps (75, 70, a drained node), and nothing else."""
    if pod.get("restartPolicy") != "Never":
        yield "podFailurePolicy needs restartPolicy: Never"
    if job["spec"].get("backoffLimit", 6) < 1:
        yield "backoffLimit leaves no retry"
    rules = job["spec"].get("podFailurePolicy", {}).get("rules", [])
    failing = set()
    for rule in rules:
        codes = rule.get("onExitCodes", {})
        if rule["action"] == "FailJob" and codes.get("operator") == "In" and codes.get("containerName") == "lockgate":
            failing |= set(codes["values"])
    if failing != HOPELESS:
        yield f"the Job fails at once on {sorted(failing)} instead of {sorted(HOPELESS)}"
    if {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]} not in rules:
        yield "a drained node counts as a failure"


def seconds(text):
    units = {"s": 1, "m": 60, "h": 3600}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([smh])", text))


# --- the chart: that the values in ci/ arrive where they should ---

def chart(mode, documents):
    kinds = sorted(document["kind"] for document in documents)
    deployment = next(document for document in documents if document["kind"] == "Deployment")
    spec = deployment["spec"]
    pod = spec["template"]["spec"]
    names = [container["name"] for container in pod["initContainers"]]
    environment = {variable["name"]: variable.get("value") for variable in pod["initContainers"][-1]["env"]}
    gate = pod["initContainers"][-1]
    if mode == "init":
        wanted = [
            (kinds, ["Deployment", "ServiceAccount"]),
            (spec["replicas"], 2),
            (names, ["database-proxy", "lockgate"]),
            (environment.get("LOCKGATE_ON_DESTRUCTIVE"), "refuse"),
            (environment.get("LOCKGATE_DATABASE_URL_FILE"), "/etc/lockgate/database-url"),
            ("LOCKGATE_DATABASE_URL" in environment, False),
            (environment.get("LOCKGATE_DDL_LOCK_TIMEOUT"), "1s"),
            (pod["serviceAccountName"], "release-lockgate"),
            (pod["automountServiceAccountToken"], True),
            (spec["progressDeadlineSeconds"], 300 + 1800 + 1800 + 300),
            (pod["volumes"], [
                {"name": "lockgate-database",
                 "secret": {"secretName": "app-database", "items": [{"key": "owner-url", "path": "database-url"}]}},
                {"name": "lockgate-migrations", "configMap": {"name": "app-migrations-v7"}},
            ]),
            (pod["containers"][0]["args"], ["serve", "--port", "8080"]),
            (pod["tolerations"][0]["value"], "apps"),
            (spec["template"]["metadata"]["annotations"]["example.com/team"], "platform"),
        ]
    else:
        monitor = next((document for document in documents if document["kind"] == "PodMonitor"), None)
        if monitor is None:
            yield "no PodMonitor"
            return
        scaler = next((document["spec"] for document in documents if document["kind"] == "HorizontalPodAutoscaler"), None)
        if scaler is None:
            yield "no HorizontalPodAutoscaler"
            return
        try:
            jsonschema.validate(monitor, POD_MONITOR)
        except jsonschema.ValidationError as error:
            yield f"PodMonitor: {error.message}"
        wanted = [
            (kinds, ["Deployment", "HorizontalPodAutoscaler", "PodMonitor"]),
            ("replicas" in spec, False),
            (scaler["scaleTargetRef"]["name"], deployment["metadata"]["name"]),
            ((scaler["minReplicas"], scaler["maxReplicas"]), (2, 6)),
            ([metric["resource"]["name"] for metric in scaler["metrics"]], ["cpu"]),
            (scaler["behavior"], {"scaleDown": {"stabilizationWindowSeconds": 600}}),
            (names, ["lockgate"]),
            (gate["image"], "example/app-migrations@sha256:" + 64 * "0"),
            (environment.get("LOCKGATE_LINGER"), "45s"),
            ("LOCKGATE_DATABASE_URL_FILE" in environment, False),
            (gate["startupProbe"]["failureThreshold"], 90 + 600 + 3600),
            (spec["progressDeadlineSeconds"], 90 + 600 + 3600 + 300),
            (pod["automountServiceAccountToken"], False),
            (monitor["metadata"]["labels"].get("release"), "prometheus"),
            (monitor["spec"]["selector"]["matchLabels"], spec["selector"]["matchLabels"]),
        ]
    for label in ("name", "instance", "version", "managed-by"):
        for document in documents:
            if f"app.kubernetes.io/{label}" not in document["metadata"]["labels"]:
                yield f"{document['kind']}: no label app.kubernetes.io/{label}"
    for have, want in wanted:
        if have != want:
            yield f"{have!r} instead of {want!r}"


def closed(properties, required=()):
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": list(required)}


TEXT = {"type": "string", "minLength": 1}
STRINGS = {"type": "object", "additionalProperties": {"type": "string"}}

POD_MONITOR = closed(
    {
        "apiVersion": {"const": "monitoring.coreos.com/v1"},
        "kind": {"const": "PodMonitor"},
        "metadata": closed({"name": TEXT, "namespace": TEXT, "labels": STRINGS}, ["name"]),
        "spec": closed(
            {
                "selector": closed({"matchLabels": STRINGS}, ["matchLabels"]),
                "podMetricsEndpoints": {
                    "type": "array",
                    "minItems": 1,
                    "items": closed(
                        {"port": {"const": "gate"}, "path": {"const": "/metrics"}, "interval": TEXT, "scrapeTimeout": TEXT},
                        ["port", "path"],
                    ),
                },
            },
            ["selector", "podMetricsEndpoints"],
        ),
    },
    ["apiVersion", "kind", "metadata", "spec"],
)


# --- Render: the fields of a Blueprint that we use, and no other ---

FROM_DATABASE = closed({"name": TEXT, "property": {"enum": ["connectionString", "host", "port", "user", "password", "database"]}},
                       ["name", "property"])
BLUEPRINT = closed(
    {
        "databases": {
            "type": "array",
            "items": closed(
                {
                    "name": TEXT, "plan": TEXT, "region": TEXT, "databaseName": TEXT, "user": TEXT,
                    "postgresMajorVersion": {"type": "string", "pattern": "^[0-9]+$"},
                },
                ["name"],
            ),
        },
        "services": {
            "type": "array",
            "items": closed(
                {
                    "type": {"enum": ["web", "pserv", "worker"]},
                    "name": TEXT,
                    "runtime": {"enum": ["docker", "image"]},
                    "plan": TEXT,
                    "region": {"enum": ["oregon", "ohio", "virginia", "frankfurt", "singapore"]},
                    "image": closed({"url": TEXT}, ["url"]),
                    "dockerfilePath": TEXT,
                    "dockerContext": TEXT,
                    "dockerCommand": TEXT,
                    "preDeployCommand": TEXT,
                    "healthCheckPath": {"type": "string", "pattern": "^/"},
                    "numInstances": {"type": "integer", "minimum": 1},
                    "maxShutdownDelaySeconds": {"type": "integer", "minimum": 1, "maximum": 300},
                    "envVars": {
                        "type": "array",
                        "items": {
                            "oneOf": [
                                closed({"key": TEXT, "value": {"type": "string"}}, ["key", "value"]),
                                closed({"key": TEXT, "fromDatabase": FROM_DATABASE}, ["key", "fromDatabase"]),
                            ]
                        },
                    },
                },
                ["type", "name", "runtime"],
            ),
        },
    },
    ["services"],
)


def render(documents):
    for error in jsonschema.Draft202012Validator(BLUEPRINT).iter_errors(documents[0]):
        yield f"{error.json_path}: {error.message}"
        return
    databases = {database["name"] for database in documents[0].get("databases", [])}
    services = documents[0]["services"]
    for service in services:
        variables = {variable["key"]: variable for variable in service.get("envVars", [])}
        for variable in variables.values():
            if variable.get("fromDatabase", {}).get("name", next(iter(databases), None)) not in databases:
                yield f"{service['name']}: {variable['key']} is from a database that is not there"
        if variables.get("DATABASE_URL", {}).get("fromDatabase", {}).get("property") != "connectionString":
            yield f"{service['name']}: DATABASE_URL is not the connectionString"
        if service.get("healthCheckPath") != "/health":
            yield f"{service['name']}: healthCheckPath is not /health"
        for field in ("preDeployCommand", "dockerCommand"):
            if re.search(r"[&|;<>$`]", service.get(field, "")):
                yield f"{service['name']}: {field} needs a shell"
        if "lockgate exec" in service.get("dockerCommand", "") and variables.get("LOCKGATE_LISTEN", {}).get("value") != ":$PORT":
            yield f"{service['name']}: the gate does not listen on the service's port"
    if not any(service.get("preDeployCommand", "").endswith("lockgate migrate") for service in services):
        yield "no service has the gate as its preDeployCommand"
    if not any("lockgate exec -- " in service.get("dockerCommand", "") for service in services):
        yield "no service has the gate as its entrypoint"


# --- Dockerfile ---

def dockerfile(text):
    lines = re.sub(r"\\\n", " ", "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#")))
    instructions = [line.split(None, 1) for line in lines.splitlines() if line.strip()]
    stages, defaults = [], {}
    for word, rest in instructions:
        if word.upper() == "FROM":
            for name, value in defaults.items():
                rest = rest.replace("${" + name + "}", value)
            stages.append((rest.split(), []))
        elif word.upper() == "ARG" and not stages:
            name, _, value = rest.partition("=")
            defaults[name] = value
        elif stages:
            stages[-1][1].append((word.upper(), rest.strip()))
    if len(stages) < 2:
        yield "one stage only: the tools of the build are in the image"
    earlier = set()
    for source, _ in stages:
        if source[0] not in {"scratch"} | earlier and not pinned(source[0]):
            yield f"FROM {source[0]} names no version"
        if len(source) == 3:
            earlier.add(source[2])

    source, final = stages[-1]
    if source[0] != "scratch" and "distroless" not in source[0]:
        yield f"FROM {source[0]}: the final stage has a shell"
    last = dict(final)
    for word in ("RUN", "SHELL", "ADD", "HEALTHCHECK"):
        if word in last:
            yield f"{word} in the final stage"
    exact = {
        "USER": "65532:65532",
        "WORKDIR": "/",
        "ENTRYPOINT": '["/lockgate"]',
        "CMD": '["migrate"]',
        "EXPOSE": "9321",
        "STOPSIGNAL": "SIGTERM",
    }
    for word, want in exact.items():
        if last.get(word) != want:
            yield f"{word} {last.get(word)} instead of {want}"
    if ("ENV", "LOCKGATE_MIGRATIONS=/migrations") not in final:
        yield "ENV LOCKGATE_MIGRATIONS is not /migrations"
    copies = " ".join(rest for word, rest in final if word == "COPY")
    if source[0] == "scratch" and "/etc/ssl/certs/ca-certificates.crt" not in copies:
        yield "no certificates of authorities in the image"
    for label in ("title", "description", "source", "licenses", "version"):
        if not any(f"org.opencontainers.image.{label}=" in rest for word, rest in final if word == "LABEL"):
            yield f"no label org.opencontainers.image.{label}"
    if not any(word == "RUN" and "$RELEASE" in rest and "*@sha256:*)" in rest for _, lines in stages for word, rest in lines):
        yield "a release may be built from an image that is not named by digest"
    if source[0] == "scratch" and "+crt-static" not in text:
        yield "scratch needs a static binary"


# --- the rules must bite: break each file in one way, and expect a breach ---

def selftest():
    good = load("deploy/kubernetes/sidecar.yaml")

    def gate(documents):
        return documents[-1]["spec"]["template"]["spec"]["initContainers"][0]

    breaks = {
        "root": lambda d: gate(d)["securityContext"].update(runAsUser=0),
        "capabilities": lambda d: gate(d)["securityContext"].pop("capabilities"),
        "seccomp": lambda d: d[-1]["spec"]["template"]["spec"]["securityContext"].pop("seccompProfile"),
        "escalation": lambda d: gate(d)["securityContext"].update(allowPrivilegeEscalation=True),
        "hostPath": lambda d: d[-1]["spec"]["template"]["spec"]["volumes"].append({"name": "x", "hostPath": {"path": "/"}}),
        "latest": lambda d: gate(d).update(image="lockgate/lockgate:latest"),
        "liveness on /ready": lambda d: gate(d)["livenessProbe"]["httpGet"].update(path="/ready"),
        "short startup probe": lambda d: gate(d)["startupProbe"].update(failureThreshold=60),
        "short deadline": lambda d: d[-1]["spec"].update(progressDeadlineSeconds=600),
        "no limits": lambda d: gate(d)["resources"].pop("limits"),
        "password in the open": lambda d: gate(d)["env"][0].update(name="LOCKGATE_DATABASE_URL", value="postgresql://a:b@c/d"),
        "a Secret that stays as it was": lambda d: gate(d)["volumeMounts"][0].update(subPath="database-url"),
        "open namespace": lambda d: d[0]["metadata"].pop("labels"),
    }
    for name, apply in breaks.items():
        documents = copy.deepcopy(good)
        apply(documents)
        if not list(workloads(documents)):
            yield f"workloads: {name} was not found"

    job = load("deploy/kubernetes/job.yaml")

    def spec(documents):
        return next(d["spec"] for d in documents if d["kind"] == "Job")

    breaks = {
        "a retry of 65": lambda d: spec(d)["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"].remove(65),
        "no retry of 75": lambda d: spec(d)["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"].append(75),
        "no retry at all": lambda d: spec(d).update(backoffLimit=0),
        "a drained node": lambda d: spec(d)["podFailurePolicy"]["rules"].pop(),
        "OnFailure": lambda d: spec(d)["template"]["spec"].update(restartPolicy="OnFailure"),
        "the app migrates": lambda d: d[-1]["spec"]["template"]["spec"]["initContainers"][0].update(args=["serve"]),
        "a short deadline for wait": lambda d: d[-1]["spec"].update(progressDeadlineSeconds=2000),
    }
    for name, apply in breaks.items():
        documents = copy.deepcopy(job)
        apply(documents)
        if not list(workloads(documents)):
            yield f"workloads: {name} was not found"

    with open("Dockerfile") as file:
        text = file.read()
    edits = {
        "shell": ("FROM scratch", "FROM debian:12.1"),
        "named user": ("USER 65532:65532", "USER nobody"),
        "floating base": ("ARG RUST=rust:1.95-bookworm", "ARG RUST=rust:latest"),
        "release by tag": ('"yes "*@sha256:*', '"yes "*'),
        "shell form": ('ENTRYPOINT ["/lockgate"]', "ENTRYPOINT /lockgate"),
        "dynamic": ("+crt-static", ""),
    }
    for name, (old, new) in edits.items():
        if old not in text or not list(dockerfile(text.replace(old, new))):
            yield f"Dockerfile: {name} was not found"

    blueprint = load("deploy/render/render.yaml")
    for name, field, value in (
        ("unknown field", "preDeploy", "x"),
        ("a shell", "preDeployCommand", "/lockgate migrate && true"),
        ("another health path", "healthCheckPath", "/"),
    ):
        documents = copy.deepcopy(blueprint)
        documents[0]["services"][0][field] = value
        if not list(render(documents)):
            yield f"render: {name} was not found"


def main(what, *arguments):
    if what == "selftest":
        breaches = list(selftest())
    elif what == "dockerfile":
        with open(arguments[0]) as file:
            breaches = list(dockerfile(file.read()))
    elif what == "chart":
        breaches = list(chart(arguments[0], load(arguments[1])))
    else:
        breaches = list({"workloads": workloads, "render": render}[what](load(arguments[0])))
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
