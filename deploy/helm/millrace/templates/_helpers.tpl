{{- define "millrace.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "millrace.labels" -}}
app.kubernetes.io/part-of: millrace
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{/* Whether the configuration leaves something to the Node object. */}}
{{- define "millrace.readsNode" -}}
{{- range .Values.config.networks }}{{ if kindIs "string" .nodePrefixes }}true{{ end }}{{ end -}}
{{- end }}

{{- define "millrace.hasKubernetesFabric" -}}
{{- if eq (dig "fabric" "driver" "" .Values.config) "kubernetes" }}true{{ end -}}
{{- end }}

{{- define "millrace.annotatesPods" -}}
{{- if hasKey .Values.config "podAnnotations" }}true{{ end -}}
{{- end }}

{{- define "millrace.capabilities" -}}
{{- $all := .Values.agent.capabilities }}
{{- if .Values.sriov.enabled }}{{ $all = concat $all (list "SYS_PTRACE" "DAC_READ_SEARCH") | uniq }}{{ end -}}
{{ toJson $all }}
{{- end }}
