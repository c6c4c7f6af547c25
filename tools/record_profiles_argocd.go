// Runs one sync of Argo CD's engine on a cluster, as its application controller calls it, and prints how it ended.
//
// Standard input: {"name", "namespace", "targets": [objects], "kinds": ["apps/v1/Deployment", ...], "options": {...}}.
// Standard output: {"phase", "message", "results": [...]}. The cluster is KUBECONFIG's.
package main

import (
	"context"
	"encoding/json"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/sync"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/sync/common"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/utils/kube"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/utils/tracing"
	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
)

const tracking = "argocd.argoproj.io/tracking-id"

type input struct {
	Name, Namespace string
	Targets         []map[string]any
	Kinds           []string
	Options         map[string]any
}

type scopes struct{ namespaced map[schema.GroupKind]bool }

func (s scopes) IsNamespaced(gk schema.GroupKind) (bool, error) {
	found, ok := s.namespaced[gk]
	if !ok {
		return true, nil
	}
	return found, nil
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		panic(err)
	}
	flag := func(name string) bool { on, _ := in.Options[name].(bool); return on }
	config := must(clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG")))
	config.QPS, config.Burst = 500, 1000
	disco := must(discovery.NewDiscoveryClientForConfig(config))
	client := must(dynamic.NewForConfig(config))
	kubectl := &kube.KubectlCmd{Log: logr.Discard(), Tracer: tracing.NopTracer{}}

	resources := func() (map[schema.GroupVersionKind]schema.GroupVersionResource, scopes) {
		byKind := map[schema.GroupVersionKind]schema.GroupVersionResource{}
		scope := scopes{map[schema.GroupKind]bool{}}
		_, lists, _ := disco.ServerGroupsAndResources()
		for _, list := range lists {
			gv, _ := schema.ParseGroupVersion(list.GroupVersion)
			for _, each := range list.APIResources {
				if !strings.Contains(each.Name, "/") {
					byKind[gv.WithKind(each.Kind)] = gv.WithResource(each.Name)
					scope.namespaced[schema.GroupKind{Group: gv.Group, Kind: each.Kind}] = each.Namespaced
				}
			}
		}
		return byKind, scope
	}
	live := func(targets []*unstructured.Unstructured) (map[kube.ResourceKey]*unstructured.Unstructured, scopes) {
		byKind, scope := resources()
		found := map[kube.ResourceKey]*unstructured.Unstructured{}
		wanted := map[kube.ResourceKey]bool{}
		for _, target := range targets {
			key := kube.GetResourceKey(target)
			if namespaced, ok := scope.namespaced[key.GroupKind()]; ok && !namespaced {
				key.Namespace = ""
			}
			wanted[key] = true
		}
		for _, text := range in.Kinds {
			parts := strings.Split(text, "/")
			gvk := schema.GroupVersionKind{Group: parts[0], Version: parts[1], Kind: parts[2]}
			resource, ok := byKind[gvk]
			if !ok {
				continue
			}
			namespace := in.Namespace
			if !scope.namespaced[gvk.GroupKind()] {
				namespace = ""
			}
			list, err := client.Resource(resource).Namespace(namespace).List(context.Background(), metav1.ListOptions{})
			if err != nil {
				panic(err)
			}
			for i := range list.Items {
				item := &list.Items[i]
				key := kube.GetResourceKey(item)
				mine := strings.HasPrefix(item.GetAnnotations()[tracking], in.Name+":") &&
					strings.HasSuffix(item.GetAnnotations()[tracking], "/"+item.GetName())
				if mine || wanted[key] {
					found[key] = item
				}
			}
		}
		return found, scope
	}

	var phase common.OperationPhase
	var message string
	var results []common.ResourceSyncResult
	started := metav1.Now()
	for i := 0; i < 100 && !phase.Completed(); i++ {
		var targets []*unstructured.Unstructured
		for _, target := range in.Targets {
			targets = append(targets, (&unstructured.Unstructured{Object: target}).DeepCopy())
		}
		_, scope := resources()
		for _, target := range targets {
			if namespaced, _ := scope.IsNamespaced(target.GroupVersionKind().GroupKind()); namespaced && target.GetNamespace() == "" {
				target.SetNamespace(in.Namespace)
			}
		}
		liveByKey, scope := live(targets)
		for key, obj := range liveByKey { // hooks are no resources to compare
			annotations := obj.GetAnnotations()
			_, argo := annotations["argocd.argoproj.io/hook"]
			_, helm := annotations["helm.sh/hook"]
			if (argo || helm) && !strings.Contains(annotations[tracking], ":") {
				_ = key
			}
		}
		reconciled := sync.Reconcile(targets, liveByKey, in.Namespace, scope)
		options := []sync.SyncOpt{
			sync.WithLogr(logr.Discard()),
			sync.WithOperationSettings(flag("dryRun"), flag("prune"), flag("force"), false),
			sync.WithInitialState(phase, message, results, started),
			sync.WithManifestValidation(!flag("noValidation")),
			sync.WithPruneLast(flag("pruneLast")),
			sync.WithReplace(flag("replace")),
			sync.WithServerSideApply(flag("serverSide")),
			sync.WithServerSideApplyManager("argocd-controller"),
			sync.WithClientSideApplyMigration(!flag("noMigration"), common.DefaultClientSideApplyMigrationManager),
		}
		if flag("createNamespace") {
			options = append(options, sync.WithNamespaceModifier(func(managed, live *unstructured.Unstructured) (bool, error) {
				return live == nil, nil
			}))
		}
		run, cleanup, err := sync.NewSyncContext("1", reconciled, config, config, kubectl, in.Namespace, options...)
		if err != nil {
			panic(err)
		}
		run.Sync()
		phase, message, results = run.GetState()
		cleanup()
		if !phase.Completed() {
			time.Sleep(200 * time.Millisecond)
		}
	}
	var lines []string
	for _, each := range results {
		lines = append(lines, strings.Join([]string{
			string(each.SyncPhase), each.ResourceKey.String(), string(each.Status), string(each.HookPhase), each.Message,
		}, " | "))
	}
	sort.Strings(lines)
	_ = json.NewEncoder(os.Stdout).Encode(map[string]any{"phase": phase, "message": message, "results": lines})
}
