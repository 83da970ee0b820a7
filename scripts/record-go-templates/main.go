// Records what Go's text/template writes with confd's functions. The tests compare Drover's conversion with the records.
//
//	go run . ../../test/fixtures/go-templates
//
// The folder has worlds.json (metadata and environment) and templates.txt (templates, each after a line "==="). The program adds
// random templates from a fixed seed and writes recorded.jsonl.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"text/template"

	"record/memkv"
)

type world struct {
	Tree any               `json:"tree"`
	Env  map[string]string `json:"env"`
}

// What a template gives in one world: text, or the line on which Go refuses it.
type result struct {
	Out   *string `json:"out,omitempty"`
	Line  int     `json:"line,omitempty"`
	Error string  `json:"error,omitempty"`
}

type record struct {
	Template string `json:"template"`
	// One for each world; a single one if all are equal.
	Results []result `json:"results"`
}

func main() {
	folder := os.Args[1]
	var worlds []world
	check(json.Unmarshal(read(folder, "worlds.json"), &worlds))
	texts := regexp.MustCompile(`(?m)\n?^===.*\n`).Split(string(read(folder, "templates.txt")), -1)[1:]
	texts = append(texts, formats(150)...)
	texts = append(texts, random(500, 100, worlds)...)
	var out bytes.Buffer
	for _, text := range texts {
		line := new(bytes.Buffer)
		encoder := json.NewEncoder(line)
		encoder.SetEscapeHTML(false)
		check(encoder.Encode(record{text, resultsOf(text, worlds)}))
		out.Write(line.Bytes())
	}
	check(os.WriteFile(filepath.Join(folder, "recorded.jsonl"), out.Bytes(), 0o644))
}

func read(folder, name string) []byte {
	content, err := os.ReadFile(filepath.Join(folder, name))
	check(err)
	return content
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func resultsOf(text string, worlds []world) []result {
	var results []result
	same := true
	for _, world := range worlds {
		results = append(results, run(text, world))
		last, first := results[len(results)-1], results[0]
		same = same && last.Line == first.Line && (last.Out == nil) == (first.Out == nil) && (last.Out == nil || *last.Out == *first.Out)
	}
	if same {
		return results[:1]
	}
	return results
}

func run(text string, world world) result {
	store := memkv.Store{}
	flatten("", world.Tree, store)
	parsed, err := template.New("file.tmpl").Funcs(functions(store, world.Env)).Parse(text)
	if err != nil {
		return refused(err)
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, nil); err != nil {
		return refused(err)
	}
	shown := out.String()
	return result{Out: &shown}
}

func refused(err error) result {
	line := regexp.MustCompile(`^template: file\.tmpl:(\d+)`).FindStringSubmatch(err.Error())
	if line == nil {
		return result{Line: 1, Error: err.Error()}
	}
	number, _ := strconv.Atoi(line[1])
	return result{Line: number, Error: regexp.MustCompile(`^template: [^ ]* (executing [^ ]+ )?`).ReplaceAllString(err.Error(), "")}
}

// The keys of a tree, as confd's rancher backend gives them to the store.
func flatten(at string, value any, store memkv.Store) {
	set := func(text string) { store[path.Join("/", at)] = text }
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			flatten(strings.Join([]string{at, name}, "/"), member, store)
		}
	case []any:
		for i, item := range value {
			name := strconv.Itoa(i)
			if members, ok := item.(map[string]any); ok && members["name"] != nil {
				name = members["name"].(string)
			}
			flatten(strings.Join([]string{at, name}, "/"), item, store)
		}
	case bool:
		set(strconv.FormatBool(value))
	case string:
		set(value)
	case float64:
		set(strconv.FormatFloat(value, 'f', -1, 64))
	default:
		set("null")
	}
}
