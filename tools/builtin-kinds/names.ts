// The three spellings of a Kubernetes type's name: in OpenAPI, in Go and in the proto files.

export interface GoName {
  readonly importPath: string
  readonly name: string
}

/** `io.k8s.api.apps.v1.Deployment` is `Deployment` of `k8s.io/api/apps/v1`. */
export function goNameOf(openApiName: string): GoName {
  return goNameOfProto(openApiName.replace(/^io\.k8s\./, 'k8s.io.'))
}

/** `k8s.io.api.apps.v1.Deployment` is `Deployment` of `k8s.io/api/apps/v1`. */
export function goNameOfProto(protoName: string): GoName {
  const [, , ...parts] = protoName.split('.')
  const name = parts.pop() ?? ''
  return { importPath: ['k8s.io', ...parts].join('/').replace('_', '-'), name }
}

/** `io.k8s.apiextensions-apiserver.…` is `k8s.io.apiextensions_apiserver.…`. */
export function protoNameOf(openApiName: string): string {
  return openApiName.replace(/^io\.k8s\./, 'k8s.io.').replaceAll('-', '_')
}
