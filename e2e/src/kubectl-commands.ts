// Commands of kubectl in the order in which they run; each builds on those before it.

export interface KubectlCommand {
  /** Split at blanks, or a line for the shell. */
  readonly args: string
  readonly input?: string
  /** `args` is a whole line, in which `kubectl` is the program. */
  readonly shell?: boolean
  /** Expected exit code; 0 unless told. */
  readonly code?: number
  /** Takes away what rightly differs. */
  readonly differs?: (text: string) => string
}

const configMap = yaml(`
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: settings, labels: {app: web}}
  data: {first: one, second: two}`)

const deployment = (image: string, replicas = 3) =>
  yaml(`
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, labels: {app: web}}
  spec:
    replicas: ${replicas}
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web}}
      spec:
        containers:
        - {name: web, image: ${image}, ports: [{containerPort: 80}]}`)

const service = yaml(`
  apiVersion: v1
  kind: Service
  metadata: {name: web}
  spec: {selector: {app: web}, ports: [{port: 80}]}`)

const definition = yaml(`
  apiVersion: apiextensions.k8s.io/v1
  kind: CustomResourceDefinition
  metadata: {name: widgets.example.com}
  spec:
    group: example.com
    scope: Namespaced
    names: {kind: Widget, plural: widgets, singular: widget, shortNames: [wd], categories: [all]}
    versions:
    - name: v1
      served: true
      storage: true
      subresources: {status: {}, scale: {specReplicasPath: .spec.size, statusReplicasPath: .status.size}}
      additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
      schema:
        openAPIV3Schema:
          type: object
          description: A thing of a size.
          properties:
            spec:
              type: object
              required: [size]
              properties:
                size: {type: integer, minimum: 1, description: How large.}
                colour: {type: string, enum: [red, green], default: red}
            status: {type: object, properties: {size: {type: integer}}}`)

const widget = (size: number | string) =>
  yaml(`
  apiVersion: example.com/v1
  kind: Widget
  metadata: {name: wheel}
  spec: {size: ${size}}`)

function yaml(text: string): string {
  return text.replaceAll('\n  ', '\n').trimStart()
}

/** Lines of our own kinds, and of namespaces of our own. */
function withoutOurs(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.includes('flotilla'))
    .join('\n')
}

/** Of `kubectl explain`: our schemas of built-in kinds carry no descriptions. */
function withoutProse(text: string): string {
  return text
    .split('\n')
    .filter((line) => /^[A-Z]+:|<\S+>( -required-)?$|enum:/.test(line) && !/<(empty|no description)>/.test(line))
    .join('\n')
}

/** JSON whose keys may come in any order. */
function inKeyOrder(text: string): string {
  if (!text.startsWith('{')) return text
  const sort = (_: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value
  return JSON.stringify(JSON.parse(text), sort)
}

const sorted = (text: string): string => withoutOurs(text).split('\n').sort().join('\n')

export const commands: readonly KubectlCommand[] = [
  // create: every generator that needs no kubelet
  { args: 'create namespace shop' },
  { args: 'create namespace shop', code: 1 },
  { args: 'config set-context --current --namespace=shop', differs: () => '' },
  { args: 'create configmap literal --from-literal=a=1 --from-literal=b=2' },
  { args: 'create secret generic plain --from-literal=password=x' },
  { args: 'create secret docker-registry pull --docker-server=r.example.com --docker-username=u --docker-password=p' },
  { args: 'create serviceaccount robot' },
  { args: 'create role reader --verb=get,list --resource=pods,configmaps' },
  { args: 'create rolebinding reader --role=reader --serviceaccount=shop:robot' },
  { args: 'create clusterrole node-reader --verb=get --resource=nodes' },
  { args: 'create clusterrolebinding node-reader --clusterrole=node-reader --user=jane' },
  { args: 'create deployment made --image=r.example.com/made:1 --replicas=2 --port=80' },
  { args: 'create service clusterip made --tcp=80:80' },
  { args: 'create service nodeport open --tcp=80:80 --node-port=30080' },
  { args: 'create service loadbalancer balanced --tcp=80:80', differs: (text) => text },
  { args: 'create service externalname away --external-name=example.org' },
  { args: 'create job once --image=r.example.com/job:1' },
  { args: 'create cronjob often --image=r.example.com/job:1 --schedule=*/5', code: 1 },
  { args: "kubectl create cronjob often --image=r.example.com/job:1 --schedule='*/5 * * * *'", shell: true },
  { args: 'create job from-cron --from=cronjob/often' },
  { args: 'create ingress web --rule=example.com/=web:80' },
  { args: 'create poddisruptionbudget web --selector=app=web --min-available=1' },
  { args: 'create quota counts --hard=pods=100' },
  { args: 'create priorityclass urgent --value=1000 --description=urgent' },
  { args: 'create configmap dry --from-literal=a=1 --dry-run=client -o yaml' },
  { args: 'create configmap dry --from-literal=a=1 --dry-run=server -o yaml' },
  { args: 'create deployment made --image=r.example.com/made:1 -o name --dry-run=client' },
  { args: 'create token robot --duration=10m', differs: (text) => text.replaceAll(/eyJ[\w.-]+/g, 'TOKEN') },
  // apply: client side
  { args: 'apply -f -', input: configMap },
  { args: 'apply -f -', input: configMap },
  { args: 'apply -f -', input: configMap.replace('one', 'uno') },
  { args: 'apply -f -', input: `${deployment('r.example.com/web:1')}\n---\n${service}` },
  { args: 'apply -f - --dry-run=server', input: deployment('r.example.com/web:2') },
  {
    args: 'diff -f -',
    input: deployment('r.example.com/web:2'),
    code: 1,
    differs: (text) => text.replaceAll(/^(---|\+\+\+|diff).*$/gm, ''),
  },
  { args: 'diff -f -', input: deployment('r.example.com/web:1') },
  { args: 'apply -f -', input: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad}\ndada: {}\n', code: 1 },
  { args: 'apply -f -', input: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Bad_Name}\n', code: 1 },
  {
    args: 'apply -f -',
    input: deployment('r.example.com/web:1').replace('matchLabels: {app: web}', 'matchLabels: {app: other}'),
    code: 1,
  },
  { args: 'apply view-last-applied configmap/settings' },
  // apply: server side
  { args: 'apply --server-side -f -', input: configMap.replace('settings', 'ssa') },
  {
    args: 'apply --server-side --field-manager=other -f -',
    input: configMap.replace('settings', 'ssa').replace('one', 'uno'),
    code: 1,
  },
  {
    args: 'apply --server-side --field-manager=other --force-conflicts -f -',
    input: configMap.replace('settings', 'ssa').replace('one', 'uno'),
  },
  { args: 'get configmap ssa -o yaml --show-managed-fields' },
  // custom resources
  { args: 'apply -f -', input: definition },
  { args: 'wait --for=condition=Established crd/widgets.example.com --timeout=10s' },
  { args: 'apply -f -', input: widget(3) },
  { args: 'apply -f -', input: widget(0), code: 1 },
  { args: 'get widgets' },
  { args: 'get wd wheel -o yaml' },
  { args: 'get widget wheel -o wide' },
  { args: 'scale widget/wheel --replicas=5' },
  { args: 'patch widget wheel --type=merge --subresource=status -p {"status":{"size":5}}' },
  { args: 'get widget wheel -o jsonpath={.spec.size}/{.status.size}/{.metadata.generation}' },
  { args: 'explain widget', differs: withoutProse },
  { args: 'explain widget.spec' },
  { args: 'explain widget --recursive' },
  // get
  { args: 'get configmaps', differs: withoutOurs },
  { args: 'get configmap settings -o json' },
  { args: 'get configmap settings -o yaml' },
  { args: 'get configmap settings -o name' },
  { args: 'get configmap settings -o jsonpath={.data.first}' },
  { args: 'get configmaps -o custom-columns=NAME:.metadata.name,FIRST:.data.first' },
  { args: 'get configmaps -l app=web -o name' },
  { args: 'get configmaps -l app!=web,missing -o name' },
  { args: 'get configmaps --field-selector metadata.name=settings -o name' },
  { args: 'get configmaps --field-selector data=x', code: 1 },
  { args: 'get configmaps --sort-by=.metadata.name -o name' },
  { args: 'get configmaps --show-labels' },
  { args: 'get configmaps --chunk-size=1 -o name' },
  { args: 'get configmap missing', code: 1 },
  { args: 'get configmap missing --ignore-not-found' },
  { args: 'get nonsense', code: 1 },
  { args: 'get deployments,services,jobs,cronjobs -o wide' },
  { args: 'get all' },
  { args: 'get roles,rolebindings,serviceaccounts,secrets,ingresses,pdb,quota,priorityclasses' },
  { args: 'get deployment web -o yaml' },
  { args: 'get service web -o json' },
  { args: 'get cronjob often -o yaml' },
  { args: 'get job once -o jsonpath={.spec.backoffLimit}-{.spec.completionMode}' },
  { args: 'get namespaces', differs: withoutOurs },
  { args: 'get namespace shop -o yaml' },
  { args: 'get --raw /api/v1/namespaces/shop/configmaps/settings', differs: inKeyOrder },
  { args: 'get --raw /version', differs: () => '' },
  { args: 'get --raw /healthz' },
  { args: 'get --raw /api', differs: () => '' },
  { args: 'timeout 2 kubectl get configmap settings -w --output-watch-events -o name', shell: true, code: 124 },
  // edit, patch, label, annotate
  { args: 'edit configmap ssa', differs: (text) => text },
  { args: 'create configmap editable --from-literal=first=one' },
  { args: 'edit configmap editable' },
  { args: 'get configmap editable -o jsonpath={.data}' },
  { args: 'patch configmap settings -p {"data":{"third":"3"}}' },
  { args: 'patch configmap settings --type=merge -p {"data":{"third":null}}' },
  { args: 'patch configmap settings --type=json -p [{"op":"replace","path":"/data/second","value":"deux"}]' },
  { args: 'patch configmap settings --type=json -p [{"op":"test","path":"/data/second","value":"no"}]', code: 1 },
  { args: 'patch configmap settings -p {"data":{"second":"deux"}}' },
  {
    args: 'patch deployment web -p {"spec":{"template":{"spec":{"containers":[{"name":"side","image":"r.example.com/side:1"}]}}}}',
  },
  {
    args: 'patch deployment web --subresource=status --type=merge -p {"status":{"replicas":1,"observedGeneration":1}}',
  },
  { args: 'patch deployment web --subresource=scale --type=merge -p {"spec":{"replicas":4}}' },
  {
    args: 'get deployment web -o jsonpath={.spec.template.spec.containers[*].name}-{.spec.replicas}-{.status.replicas}',
  },
  { args: 'label configmap settings tier=one' },
  { args: 'label configmap settings tier=two', code: 1 },
  { args: 'label configmap settings tier=two --overwrite' },
  { args: 'label configmap settings tier-' },
  { args: 'label configmaps -l app=web seen=yes' },
  { args: 'annotate configmap settings note=kept' },
  { args: 'annotate configmap settings note-' },
  { args: 'set image deployment/web web=r.example.com/web:3' },
  { args: 'set env deployment/web MODE=fast' },
  { args: 'set resources deployment/web -c=web --limits=cpu=1,memory=1Gi' },
  { args: 'set serviceaccount deployment/web robot' },
  { args: 'replace -f -', input: configMap },
  // scale, rollout, autoscale, expose
  { args: 'scale deployment/web --replicas=5' },
  { args: 'scale deployment/web --current-replicas=2 --replicas=6', code: 1 },
  { args: 'rollout status deployment/made --watch=false' },
  { args: 'rollout history deployment/web' },
  { args: 'rollout restart deployment/made' },
  { args: 'rollout pause deployment/made' },
  { args: 'rollout resume deployment/made' },
  { args: 'rollout undo deployment/made', code: 1 },
  { args: 'autoscale deployment web --min=2 --max=5 --cpu=70%' },
  { args: 'get hpa' },
  { args: 'expose deployment made --name=exposed --port=80' },
  // explain
  { args: 'explain deployment.spec.strategy', differs: withoutProse },
  { args: 'explain configmap', differs: withoutProse },
  { args: 'explain service.spec.ports --recursive', differs: withoutProse },
  { args: 'explain nonsense', code: 1 },
  // describe, events
  { args: 'describe configmap settings' },
  { args: 'describe deployment web' },
  { args: 'describe service web' },
  { args: 'describe role reader' },
  { args: 'describe widget wheel' },
  { args: 'describe namespace shop' },
  { args: 'events', differs: (text) => text },
  { args: 'get events' },
  // auth
  { args: 'auth can-i create deployments' },
  { args: 'auth can-i get configmaps --as=system:serviceaccount:shop:robot' },
  { args: 'auth can-i delete configmaps --as=system:serviceaccount:shop:robot', code: 1 },
  { args: 'get configmaps --as=system:serviceaccount:shop:robot -o name' },
  { args: 'get secrets --as=system:serviceaccount:shop:robot', code: 1 },
  { args: 'auth can-i --list --as=system:serviceaccount:shop:robot', differs: sorted },
  { args: 'auth whoami --as=jane --as-group=devs' },
  // discovery
  { args: 'api-resources --api-group=apps', differs: sorted },
  { args: 'api-resources --api-group=batch -o wide', differs: sorted },
  { args: 'api-resources --api-group= --namespaced=true -o name', differs: sorted },
  { args: 'api-resources --api-group=example.com' },
  { args: 'cluster-info' },
  { args: 'version -o json', differs: (text) => (/"gitVersion": "v1.36.3"/.test(text) ? 'v1.36.3' : text) },
  // delete
  { args: 'delete configmap literal' },
  { args: 'delete configmap literal', code: 1 },
  { args: 'delete configmap literal --ignore-not-found' },
  { args: 'delete secret plain --dry-run=server' },
  { args: 'delete job once --cascade=orphan' },
  { args: 'delete job from-cron --cascade=foreground' },
  { args: 'delete deployment made --cascade=background --wait=true --timeout=10s' },
  { args: 'delete configmaps -l app=web' },
  { args: 'delete widget wheel --wait' },
  { args: 'wait --for=delete widget/wheel --timeout=5s' },
  { args: 'delete crd widgets.example.com --timeout=20s' },
  { args: 'delete namespace shop --wait --timeout=30s' },
  { args: 'get namespace shop', code: 1 },
]
