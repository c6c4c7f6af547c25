// Runs rows of templates through Go's own text/template and prints what each gave; see record_templates.py.
//
// In: {"data": …, "rows": [{"files": [[name, text], …], "run": name, "missing": option}, …]} with tagged values
// ({"$int64": 3} …). Out: a list of {"out": text} or {"err": text}.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/template"
	"time"
)

type row struct {
	Files   [][2]string `json:"files"`
	Run     string      `json:"run"`
	Missing string      `json:"missing"`
}

type Inner struct {
	Name string
	Tags []string
}

type Object struct {
	Name    string
	Count   int
	Inner   Inner
	Pointer *Inner
	Any     any
	Map     map[string]any
	hidden  int
}

func (Object) Hello() string                      { return "hello" }
func (o Object) Greet(who string) string          { return "hi " + who + " from " + o.Name }
func (Object) Sum(ns ...int) int                  { t := 0; for _, n := range ns { t += n }; return t }
func (Object) Scale(f float64, n int64) float64   { return f * float64(n) }
func (Object) Broken() (string, error)            { return "", errors.New("it is broken") }
func (Object) Nothing() any                       { return nil }

type Named map[string]any

func (n Named) Size() int { return len(n) }

type Colour int

func (c Colour) String() string { return fmt.Sprintf("colour-%d", int(c)) }

func value(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = value(v[i])
		}
	case map[string]any:
		for tag, x := range v {
			switch tag {
			case "$int":
				return int(x.(float64))
			case "$int64":
				return int64(x.(float64))
			case "$int32":
				return int32(x.(float64))
			case "$uint8":
				return uint8(x.(float64))
			case "$uint64":
				return uint64(x.(float64))
			case "$float32":
				return float32(x.(float64))
			case "$complex":
				return complex(x.([]any)[0].(float64), x.([]any)[1].(float64))
			case "$bytes":
				return []byte(x.(string))
			case "$colour":
				return Colour(x.(float64))
			case "$duration":
				return time.Duration(x.(float64))
			case "$strings":
				out := []string{}
				for _, s := range x.([]any) {
					out = append(out, s.(string))
				}
				return out
			case "$ints":
				out := []int{}
				for _, n := range x.([]any) {
					out = append(out, int(n.(float64)))
				}
				return out
			case "$stringmap":
				out := map[string]string{}
				for k, s := range x.(map[string]any) {
					out[k] = s.(string)
				}
				return out
			case "$anymap":
				out := map[any]any{}
				for _, pair := range x.([]any) {
					out[value(pair.([]any)[0])] = value(pair.([]any)[1])
				}
				return out
			case "$named":
				return Named(value(x).(map[string]any))
			case "$object":
				return Object{Name: x.(string), Count: 3, Inner: Inner{Name: "in", Tags: []string{"a", "b"}}, Map: map[string]any{"k": "v"}}
			case "$pointer":
				return &Object{Name: x.(string), Count: 4, Inner: Inner{Name: "in"}, Pointer: &Inner{Name: "ptr"}}
			}
		}
		for k := range v {
			v[k] = value(v[k])
		}
	}
	return v
}

func functions(t *template.Template) template.FuncMap {
	return template.FuncMap{
		"upper":    strings.ToUpper,
		"trunc":    func(n int, s string) string { return s[:n] },
		"half":     func(f float64) float64 { return f / 2 },
		"add":      func(ns ...any) int64 { var t int64; for _, n := range ns { t += int64(n.(int)) }; return t },
		"join":     func(sep string, parts ...string) string { return strings.Join(parts, sep) },
		"size":     func(m map[string]any) int { return len(m) },
		"count":    func(l []any) int { return len(l) },
		"words":    func(l []string) string { return strings.Join(l, "|") },
		"flag":     func(b bool) string { return fmt.Sprint("flag ", b) },
		"wide":     func(n int64) int64 { return n * 2 },
		"unsigned": func(n uint64) uint64 { return n },
		"any":      func(v any) any { return v },
		"pair":     func(a, b any) []any { return []any{a, b} },
		"dict":     func(kv ...any) map[string]any { m := map[string]any{}; for i := 0; i+1 < len(kv); i += 2 { m[kv[i].(string)] = kv[i+1] }; return m },
		"list":     func(v ...any) []any { return v },
		"fail":     func(s string) (string, error) { return "", errors.New(s) },
		"null":     func() any { return nil },
		"include":  func(name string, data any) (string, error) { var b strings.Builder; err := t.ExecuteTemplate(&b, name, data); return b.String(), err },
	}
}

func run(r row, data any) (out, failure string) {
	defer func() {
		if p := recover(); p != nil {
			failure = fmt.Sprintf("PANIC %v", p)
		}
	}()
	t := template.New("gotpl")
	t.Funcs(functions(t))
	if r.Missing != "" {
		t.Option("missingkey=" + r.Missing)
	}
	for _, file := range r.Files {
		if _, err := t.New(file[0]).Parse(file[1]); err != nil {
			return "", err.Error()
		}
	}
	var b strings.Builder
	if err := t.ExecuteTemplate(&b, r.Run, data); err != nil {
		return "", err.Error()
	}
	return b.String(), ""
}

func main() {
	var input struct {
		Data any   `json:"data"`
		Rows []row `json:"rows"`
	}
	if err := json.NewDecoder(os.Stdin).Decode(&input); err != nil {
		panic(err)
	}
	data := value(input.Data)
	results := []map[string]string{}
	for _, r := range input.Rows {
		if out, failure := run(r, data); failure != "" {
			results = append(results, map[string]string{"err": failure})
		} else {
			results = append(results, map[string]string{"out": out})
		}
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(results); err != nil {
		panic(err)
	}
}
