{{- define "lockgate.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "lockgate.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "lockgate.selectorLabels" -}}
app.kubernetes.io/name: {{ include "lockgate.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "lockgate.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "lockgate.selectorLabels" . }}
app.kubernetes.io/version: {{ include "lockgate.appVersion" . | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* The app's tag, or the beginning of its digest. */}}
{{- define "lockgate.appVersion" -}}
{{- $tag := include "lockgate.tag" (list "app.image.tag" .Values.app.image.tag) -}}
{{- $tag | default (trimPrefix "sha256:" .Values.app.image.digest | trunc 12) | trunc 63 | trimAll "-_." -}}
{{- end -}}

{{/* A tag from a list of its name and its value. --set gives digits as they are written; a number of a YAML file may have lost some. */}}
{{- define "lockgate.tag" -}}
{{- if kindIs "float64" (last .) -}}
{{- fail (printf "%s is a number: quote it in the file of values, or use --set-string %s=…" (first .) (first .)) -}}
{{- end -}}
{{- last . -}}
{{- end -}}

{{- define "lockgate.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "lockgate.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* An image reference from a dict of repository, tag and digest; the digest wins. */}}
{{- define "lockgate.image" -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository .tag -}}
{{- end -}}
{{- end -}}

{{/* "90s", "5m", "1h30m" as seconds. The schema lets nothing else in. */}}
{{- define "lockgate.seconds" -}}
{{- $sum := 0 -}}
{{- range regexFindAll "[0-9]+[hms]" . -1 -}}
{{- $n := regexFind "^[0-9]+" . | int -}}
{{- $sum = add $sum (mul $n (get (dict "h" 3600 "m" 60 "s" 1) (regexFind "[hms]$" .))) -}}
{{- end -}}
{{- $sum -}}
{{- end -}}

{{/* The gate ends by itself before the kubelet ends it. What is no whole number of seconds is not compared. */}}
{{- define "lockgate.checkGrace" -}}
{{- $grace := .Values.gate.settings.GRACE | default "25s" -}}
{{- if regexMatch "^([0-9]+[hms])+$" $grace -}}
{{- if le (int .Values.terminationGracePeriodSeconds) (include "lockgate.seconds" $grace | int) -}}
{{- fail (printf "terminationGracePeriodSeconds (%v) is not more than the gate's own grace (%s): raise it, or lower gate.settings.GRACE" .Values.terminationGracePeriodSeconds $grace) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What a pod may take at its gate, in seconds. */}}
{{- define "lockgate.budget" -}}
{{- add (include "lockgate.seconds" .Values.gate.waitTimeout | int) (include "lockgate.seconds" .Values.gate.lockWait | int) (include "lockgate.seconds" .Values.gate.migrationBudget | int) -}}
{{- end -}}

{{/* "true" where the sidecar keeps a latch, else nothing. */}}
{{- define "lockgate.latched" -}}
{{- if and (eq .Values.mode "sidecar") .Values.gate.latch -}}true{{- end -}}
{{- end -}}

{{/* The database is named once, and no variable of the gate twice. */}}
{{- define "lockgate.checkEnvironment" -}}
{{- $named := list -}}
{{- if hasKey .Values.gate.settings "DATABASE_URL_FILE" -}}{{- $named = append $named "gate.settings.DATABASE_URL_FILE" -}}{{- end -}}
{{- $others := list -}}
{{- range .Values.gate.env -}}
{{- if hasKey $.Values.gate.settings (trimPrefix "LOCKGATE_" .name) | and (hasPrefix "LOCKGATE_" .name) -}}
{{- fail (printf "gate.env and gate.settings both set %s" .name) -}}
{{- end -}}
{{- if has .name (list "LOCKGATE_DATABASE_URL" "LOCKGATE_DATABASE_URL_FILE") -}}{{- $named = append $named (printf "%s of gate.env" .name) -}}{{- end -}}
{{- if has (trimSuffix "_FILE" .name) (list "DATABASE_URL" "PGHOST" "PGHOSTADDR" "PGSERVICE") -}}{{- $others = append $others .name -}}{{- end -}}
{{- end -}}
{{- if .Values.database.existingSecret.name -}}{{- $named = prepend $named "database.existingSecret.name" -}}{{- end -}}
{{- if gt (len $named) 1 -}}
{{- fail (printf "%s both name the database: leave one of them out" (join " and " $named)) -}}
{{- end -}}
{{- if not (concat $named $others) -}}
{{- fail "database.existingSecret.name is required, or gate.settings.DATABASE_URL_FILE, or a variable of gate.env that names the database" -}}
{{- end -}}
{{- end -}}

{{- define "lockgate.gate" -}}
{{- include "lockgate.checkEnvironment" . -}}
- name: lockgate
  image: {{ include "lockgate.image" (dict "repository" .Values.image.repository "tag" (include "lockgate.tag" (list "image.tag" .Values.image.tag) | default .Chart.AppVersion) "digest" .Values.image.digest) | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  {{- if eq .Values.mode "sidecar" }}
  args: ["serve"]
  restartPolicy: Always
  ports:
    - name: gate
      containerPort: 9321
  # Holds the app back until head, for waitTimeout + lockWait + migrationBudget at most. Every second: that is how long
  # the app waits after head, and how long a gate that is restarted keeps its pod from being ready.
  startupProbe:
    httpGet:
      path: /ready
      port: gate
    periodSeconds: 1
    failureThreshold: {{ include "lockgate.budget" . }}
  livenessProbe:
    httpGet:
      path: /livez
      port: gate
    periodSeconds: 10
  readinessProbe:
    httpGet:
      path: /ready
      port: gate
    periodSeconds: 5
  {{- else }}
  args: ["migrate"]
  {{- end }}
  env:
    {{- if .Values.database.existingSecret.name }}
    # A file and not a variable: it follows the Secret.
    - name: LOCKGATE_DATABASE_URL_FILE
      value: /etc/lockgate/database-url
    {{- end }}
    - name: POD_NAME
      valueFrom:
        fieldRef:
          fieldPath: metadata.name
    - name: LOCKGATE_MIGRATIONS
      value: {{ .Values.migrations.path | quote }}
    - name: LOCKGATE_WAIT_TIMEOUT
      value: {{ .Values.gate.waitTimeout | quote }}
    - name: LOCKGATE_LOCK_WAIT
      value: {{ .Values.gate.lockWait | quote }}
    {{- if include "lockgate.latched" . }}
    - name: LOCKGATE_LATCH_FILE
      value: /var/run/lockgate/latch
    {{- end }}
    {{- range $name, $value := .Values.gate.settings }}
    - name: LOCKGATE_{{ $name }}
      value: {{ $value | quote }}
    {{- end }}
    {{- with .Values.gate.env }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  terminationMessagePolicy: FallbackToLogsOnError
  resources:
    {{- toYaml .Values.gate.resources | nindent 4 }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities:
      drop: ["ALL"]
    seccompProfile:
      type: RuntimeDefault
  {{- if or .Values.database.existingSecret.name .Values.migrations.configMap (include "lockgate.latched" .) .Values.gate.extraVolumeMounts }}
  volumeMounts:
    {{- if .Values.database.existingSecret.name }}
    - name: lockgate-database
      mountPath: /etc/lockgate
      readOnly: true
    {{- end }}
    {{- if .Values.migrations.configMap }}
    - name: lockgate-migrations
      mountPath: {{ .Values.migrations.path | quote }}
      readOnly: true
    {{- end }}
    {{- if include "lockgate.latched" . }}
    - name: lockgate-latch
      mountPath: /var/run/lockgate
    {{- end }}
    {{- with .Values.gate.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
{{- end -}}
