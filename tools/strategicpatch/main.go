// Command strategicpatch asks apimachinery itself: one JSON line in, one out.
//
//	{"kind":"Deployment","original":{},"target":{},"live":{}}  →  {"twoWay":{},"threeWay":{},"applied":{}} or texts of errors
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

var kinds = map[string]any{
	"Deployment": &apps.Deployment{}, "StatefulSet": &apps.StatefulSet{}, "Service": &core.Service{}, "ConfigMap": &core.ConfigMap{},
	"Secret": &core.Secret{}, "Pod": &core.Pod{}, "Ingress": &networking.Ingress{}, "NetworkPolicy": &networking.NetworkPolicy{},
	"HorizontalPodAutoscaler": &autoscaling.HorizontalPodAutoscaler{}, "CronJob": &batch.CronJob{},
	"PodDisruptionBudget": &policy.PodDisruptionBudget{}, "Role": &rbac.Role{}, "ServiceAccount": &core.ServiceAccount{},
	"CustomResourceDefinition": &apiextensions.CustomResourceDefinition{},
}

type question struct {
	Kind                   string
	Original, Target, Live json.RawMessage
}

// ask notes a patch or an error; a panic, which would be a 500 without words on a server, is noted as nothing.
func ask(result map[string]any, name string, make func() ([]byte, error)) {
	defer func() { _ = recover() }()
	patch, err := make()
	if err != nil {
		result[name+"Error"] = err.Error()
		return
	}
	result[name] = json.RawMessage(patch)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 0, 1<<20), 1<<26)
	for lines.Scan() {
		var q question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			panic(err)
		}
		result := map[string]any{}
		if object, known := kinds[q.Kind]; known {
			schema, err := strategicpatch.NewPatchMetaFromStruct(object)
			if err != nil {
				panic(err)
			}
			ask(result, "twoWay", func() ([]byte, error) { return strategicpatch.CreateTwoWayMergePatch(q.Original, q.Target, object) })
			ask(result, "threeWay", func() ([]byte, error) {
				return strategicpatch.CreateThreeWayMergePatch(q.Original, q.Target, q.Live, schema, true)
			})
			if three, made := result["threeWay"].(json.RawMessage); made {
				ask(result, "applied", func() ([]byte, error) { return strategicpatch.StrategicMergePatch(q.Live, three, object) })
			}
		}
		ask(result, "jsonThreeWay", func() ([]byte, error) {
			return jsonmergepatch.CreateThreeWayJSONMergePatch(q.Original, q.Target, q.Live)
		})
		out, err := json.Marshal(result)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(out))
	}
}
