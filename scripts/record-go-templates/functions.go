package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path"
	"sort"
	"strconv"
	"strings"
	"time"

	"record/memkv"
)

// The time of all records.
var now = time.Date(2026, 3, 5, 14, 7, 9, 123000000, time.UTC)

// The functions of confd 0.16, except those that query the network or decrypt. Those of 0.11 are a part of them.
func functions(store memkv.Store, env map[string]string) map[string]any {
	found := store.Functions()
	for name, function := range map[string]any{
		"base":         path.Base,
		"dir":          path.Dir,
		"split":        strings.Split,
		"join":         strings.Join,
		"toUpper":      strings.ToUpper,
		"toLower":      strings.ToLower,
		"contains":     strings.Contains,
		"replace":      strings.Replace,
		"trimSuffix":   strings.TrimSuffix,
		"parseBool":    strconv.ParseBool,
		"atoi":         strconv.Atoi,
		"datetime":     func() time.Time { return now },
		"add":          func(a, b int) int { return a + b },
		"sub":          func(a, b int) int { return a - b },
		"mul":          func(a, b int) int { return a * b },
		"div":          func(a, b int) int { return a / b },
		"mod":          func(a, b int) int { return a % b },
		"base64Encode": func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) },
		"base64Decode": func(text string) (string, error) {
			bytes, err := base64.StdEncoding.DecodeString(text)
			return string(bytes), err
		},
		"fileExists": func(name string) bool {
			_, err := os.Stat(name)
			return !os.IsNotExist(err)
		},
		"getenv": func(name string, otherwise ...string) string {
			if value := env[name]; value != "" || len(otherwise) == 0 {
				return value
			}
			return otherwise[0]
		},
		"json": func(text string) (map[string]any, error) {
			var value map[string]any
			err := json.Unmarshal([]byte(text), &value)
			return value, err
		},
		"jsonArray": func(text string) ([]any, error) {
			var value []any
			err := json.Unmarshal([]byte(text), &value)
			return value, err
		},
		"map":            mapOf,
		"seq":            sequence,
		"reverse":        reverse,
		"sortByLength":   sortByLength,
		"sortKVByLength": sortKVByLength,
	} {
		found[name] = function
	}
	return found
}

func mapOf(values ...any) (map[string]any, error) {
	if len(values)%2 != 0 {
		return nil, errors.New("map: pairs are needed")
	}
	members := map[string]any{}
	for i := 0; i < len(values); i += 2 {
		name, ok := values[i].(string)
		if !ok {
			return nil, errors.New("map: names must be strings")
		}
		members[name] = values[i+1]
	}
	return members, nil
}

func sequence(first, last int) []int {
	var numbers []int
	for n := first; n <= last; n++ {
		numbers = append(numbers, n)
	}
	return numbers
}

func reverse(list any) any {
	switch items := list.(type) {
	case []string:
		for i, j := 0, len(items)-1; i < j; i, j = i+1, j-1 {
			items[i], items[j] = items[j], items[i]
		}
	case []memkv.KVPair:
		for i, j := 0, len(items)-1; i < j; i, j = i+1, j-1 {
			items[i], items[j] = items[j], items[i]
		}
	}
	return list
}

func sortByLength(texts []string) []string {
	sort.SliceStable(texts, func(i, j int) bool { return len(texts[i]) < len(texts[j]) })
	return texts
}

func sortKVByLength(pairs []memkv.KVPair) []memkv.KVPair {
	sort.SliceStable(pairs, func(i, j int) bool { return len(pairs[i].Key) < len(pairs[j].Key) })
	return pairs
}
