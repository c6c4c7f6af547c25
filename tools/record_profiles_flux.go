// Runs one action as Flux's helm-controller sets Helm's options, with Helm's own library, and prints how it ended.
//
// Standard input: {"action": "install|upgrade|rollback|uninstall|diff|correct", "name", "namespace", "chart", "values",
// "revision", "force", "serverSide", "ignore": [{"paths", "kind", "name"}]}. Standard output: {"error", "drift": [...]}.
// The cluster is KUBECONFIG's.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"time"

	"github.com/fluxcd/pkg/ssa/jsondiff"
	"github.com/fluxcd/pkg/ssa/normalize"
	ssautil "github.com/fluxcd/pkg/ssa/utils"
	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/kube"
	release "helm.sh/helm/v4/pkg/release/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/kustomize/api/builtins"
	"sigs.k8s.io/kustomize/api/provider"
	"sigs.k8s.io/kustomize/api/resmap"
	kustomize "sigs.k8s.io/kustomize/api/types"
)

const manager = "helm-controller"

type rule struct {
	Paths      []string
	Kind, Name string
}

type input struct {
	Action, Name, Namespace, Chart string
	Values                         map[string]any
	Revision                       int
	Force                          bool
	ServerSide                     string
	Ignore                         []rule
}

type origin map[string]string

func (labels origin) Run(in *bytes.Buffer) (*bytes.Buffer, error) {
	resources, err := resmap.NewFactory(provider.NewDefaultDepProvider().GetResourceFactory()).NewResMapFromBytes(in.Bytes())
	if err != nil {
		return nil, err
	}
	plugin := builtins.LabelTransformerPlugin{
		Labels:     labels,
		FieldSpecs: []kustomize.FieldSpec{{Path: "metadata/labels", CreateIfNotPresent: true}},
	}
	if err := plugin.Transform(resources); err != nil {
		return nil, err
	}
	out, err := resources.AsYaml()
	return bytes.NewBuffer(out), err
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
	kube.ManagedFieldsManager = manager
	flags := genericclioptions.NewConfigFlags(true)
	flags.Namespace = &in.Namespace
	config := action.NewConfiguration()
	if err := config.Init(flags, in.Namespace, "secret"); err != nil {
		panic(err)
	}
	labels := origin{"helm.toolkit.fluxcd.io/name": in.Name, "helm.toolkit.fluxcd.io/namespace": in.Namespace}
	answer := map[string]any{}
	if err := run(in, config, flags, labels, answer); err != nil {
		answer["error"] = err.Error()
	}
	_ = json.NewEncoder(os.Stdout).Encode(answer)
}

func appliesServerSide(config *action.Configuration, name string, revision int, wanted string) (string, bool) {
	if wanted == "" {
		wanted = "auto"
	}
	if wanted == "auto" {
		last, err := config.Releases.Last(name)
		if err == nil {
			found := last.(*release.Release)
			if revision > 0 {
				found = must(config.Releases.Get(name, revision)).(*release.Release)
			}
			if found.ApplyMethod == "ssa" {
				return "true", true
			}
			return "false", false
		}
	}
	return wanted, wanted == "true"
}

func run(in input, config *action.Configuration, flags *genericclioptions.ConfigFlags, labels origin, answer map[string]any) error {
	ctx := context.Background()
	const timeout = 20 * time.Second
	switch in.Action {
	case "install":
		install := action.NewInstall(config)
		install.ReleaseName, install.Namespace, install.Timeout = in.Name, in.Namespace, timeout
		install.ServerSideApply = in.ServerSide != "false"
		install.ForceConflicts = install.ServerSideApply
		install.TakeOwnership, install.WaitForJobs, install.SkipCRDs, install.Devel = true, true, true, true
		install.WaitStrategy = kube.StatusWatcherStrategy
		install.PostRenderer = labels
		_, err := install.RunWithContext(ctx, must(loader.Load(in.Chart)), in.Values)
		return err
	case "upgrade":
		upgrade := action.NewUpgrade(config)
		method, serverSide := appliesServerSide(config, in.Name, 0, in.ServerSide)
		upgrade.ServerSideApply, upgrade.ForceConflicts, upgrade.ForceReplace = method, serverSide, in.Force && !serverSide
		upgrade.Namespace, upgrade.Timeout, upgrade.MaxHistory = in.Namespace, timeout, 5
		upgrade.ResetValues, upgrade.TakeOwnership, upgrade.WaitForJobs, upgrade.Devel = true, true, true, true
		upgrade.WaitStrategy = kube.StatusWatcherStrategy
		upgrade.PostRenderer = labels
		_, err := upgrade.RunWithContext(ctx, in.Name, must(loader.Load(in.Chart)), in.Values)
		return err
	case "rollback":
		rollback := action.NewRollback(config)
		method, serverSide := appliesServerSide(config, in.Name, in.Revision, in.ServerSide)
		rollback.ServerSideApply, rollback.ForceConflicts, rollback.ForceReplace = method, serverSide, in.Force && !serverSide
		rollback.Version, rollback.Timeout, rollback.MaxHistory, rollback.WaitForJobs = in.Revision, timeout, 5, true
		rollback.WaitStrategy = kube.StatusWatcherStrategy
		return rollback.Run(in.Name)
	case "uninstall":
		uninstall := action.NewUninstall(config)
		uninstall.Timeout, uninstall.DeletionPropagation = timeout, "background"
		uninstall.WaitStrategy = kube.StatusWatcherStrategy
		_, err := uninstall.Run(in.Name)
		return err
	}
	return drift(ctx, in, config, flags, answer)
}

func drift(ctx context.Context, in input, config *action.Configuration, flags *genericclioptions.ConfigFlags, answer map[string]any) error {
	last := must(config.Releases.Last(in.Name)).(*release.Release)
	rest := must(flags.ToRESTConfig())
	dry := true
	trial := must(client.New(rest, client.Options{DryRun: &dry}))
	objects := must(ssautil.ReadObjects(strings.NewReader(last.Manifest)))
	if err := normalize.UnstructuredListWithScheme(objects, trial.Scheme()); err != nil {
		return err
	}
	for _, obj := range objects {
		labels, notes := obj.GetLabels(), obj.GetAnnotations()
		if labels == nil {
			labels = map[string]string{}
		}
		if notes == nil {
			notes = map[string]string{}
		}
		labels["app.kubernetes.io/managed-by"] = "Helm"
		notes["meta.helm.sh/release-name"], notes["meta.helm.sh/release-namespace"] = last.Name, last.Namespace
		obj.SetLabels(labels)
		obj.SetAnnotations(notes)
		if obj.GetNamespace() == "" && must(apiutil.IsObjectNamespaced(obj, trial.Scheme(), trial.RESTMapper())) {
			obj.SetNamespace(last.Namespace)
		}
	}
	options := []jsondiff.ListOption{
		jsondiff.FieldOwner(manager), jsondiff.ExclusionSelector{"helm.toolkit.fluxcd.io/driftDetection": "disabled"},
		jsondiff.Rationalize(true), jsondiff.Graceful(true),
	}
	var ignored jsondiff.IgnoreRules
	for _, each := range in.Ignore {
		next := jsondiff.IgnoreRule{Paths: each.Paths}
		if each.Kind != "" || each.Name != "" {
			next.Selector = &jsondiff.Selector{Kind: each.Kind, Name: each.Name}
		}
		ignored = append(ignored, next)
	}
	if len(ignored) > 0 {
		options = append(options, ignored)
	}
	set, err := jsondiff.UnstructuredList(ctx, trial, objects, options...)
	if err != nil {
		return err
	}
	writer := must(client.New(rest, client.Options{}))
	var lines []any
	for _, each := range set {
		if each.Type != jsondiff.DiffTypeNone {
			obj := each.DesiredObject.(*unstructured.Unstructured)
			lines = append(lines, []any{string(each.Type), obj.GetKind() + "/" + obj.GetName(), each.Patch})
		}
		if in.Action != "correct" {
			continue
		}
		obj := each.DesiredObject.DeepCopyObject().(client.Object)
		switch each.Type {
		case jsondiff.DiffTypeCreate:
			err = writer.Create(ctx, obj, client.FieldOwner(manager))
		case jsondiff.DiffTypeUpdate:
			err = writer.Patch(ctx, obj, client.RawPatch(types.JSONPatchType, must(json.Marshal(each.Patch))), client.FieldOwner(manager))
		}
		if err != nil {
			return err
		}
	}
	answer["drift"] = lines
	return nil
}
