// Answers of sigs.k8s.io/yaml: reads a JSON list of {"op", "text"} from stdin, writes a JSON list of {"out"} or {"error"}.
package main

import (
	"bytes"
	"encoding/json"
	"os"

	goyaml "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

type question struct {
	Op   string `json:"op"`
	Text string `json:"text"`
}
type answer struct {
	Out   string `json:"out,omitempty"`
	Error string `json:"error,omitempty"`
}

func ask(q question) (a answer) {
	var value any
	switch q.Op {
	case "load":
		if err := yaml.Unmarshal([]byte(q.Text), &value); err != nil {
			return answer{Error: err.Error()}
		}
		out, _ := json.Marshal(value)
		return answer{Out: string(out)}
	case "strict":
		if err := yaml.UnmarshalStrict([]byte(q.Text), &value); err != nil {
			return answer{Error: err.Error()}
		}
		out, _ := json.Marshal(value)
		return answer{Out: string(out)}
	}
	if err := json.Unmarshal([]byte(q.Text), &value); err != nil {
		return answer{Error: "question: " + err.Error()}
	}
	var out []byte
	var err error
	if q.Op == "pretty" {
		var buffer bytes.Buffer
		encoder := goyaml.NewEncoder(&buffer)
		encoder.SetIndent(2)
		err = encoder.Encode(value)
		out = buffer.Bytes()
	} else {
		out, err = yaml.Marshal(value)
	}
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Out: string(out)}
}

func main() {
	var questions []question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		panic(err)
	}
	answers := make([]answer, 0, len(questions))
	for _, q := range questions {
		answers = append(answers, ask(q))
	}
	json.NewEncoder(os.Stdout).Encode(answers)
}
