// Package memkv is the key store of confd 0.12 and later. Its name and its types show in what templates print.
package memkv

import (
	"errors"
	"path"
	"sort"
	"strings"
)

type KVPair struct {
	Key   string
	Value string
}

type KVPairs []KVPair

func (p KVPairs) Len() int           { return len(p) }
func (p KVPairs) Less(i, j int) bool { return p[i].Key < p[j].Key }
func (p KVPairs) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }

// Store has all keys with their values.
type Store map[string]string

func (s Store) Functions() map[string]any {
	return map[string]any{
		"exists": s.exists, "get": s.get, "gets": s.gets, "getv": s.getv, "getvs": s.getvs, "ls": s.ls, "lsdir": s.lsdir,
	}
}

func (s Store) exists(key string) bool {
	_, ok := s[key]
	return ok
}

func (s Store) get(key string) (KVPair, error) {
	value, ok := s[key]
	if !ok {
		return KVPair{}, errors.New("key does not exist: " + key)
	}
	return KVPair{key, value}, nil
}

func (s Store) getv(key string, otherwise ...string) (string, error) {
	pair, err := s.get(key)
	if err != nil && len(otherwise) > 0 {
		return otherwise[0], nil
	}
	return pair.Value, err
}

func (s Store) gets(pattern string) (KVPairs, error) {
	pairs := make(KVPairs, 0)
	for key, value := range s {
		matches, err := path.Match(pattern, key)
		if err != nil {
			return nil, err
		}
		if matches {
			pairs = append(pairs, KVPair{key, value})
		}
	}
	sort.Sort(pairs)
	return pairs, nil
}

func (s Store) getvs(pattern string) ([]string, error) {
	pairs, err := s.gets(pattern)
	values := make([]string, 0)
	for _, pair := range pairs {
		values = append(values, pair.Value)
	}
	sort.Strings(values)
	return values, err
}

func (s Store) ls(folder string) []string {
	names := map[string]bool{}
	for key := range s {
		if key == folder {
			names[path.Base(key)] = true
		} else if below(terms(path.Dir(key)), terms(folder)) {
			rest := strings.TrimPrefix(strings.TrimPrefix(key, folder), "/")
			names[strings.Split(rest, "/")[0]] = true
		}
	}
	return sorted(names)
}

func (s Store) lsdir(folder string) []string {
	names := map[string]bool{}
	for key := range s {
		own, wanted := terms(path.Dir(key)), terms(folder)
		if strings.HasPrefix(key, folder) && below(own, wanted) && len(own) > len(wanted) {
			names[own[len(wanted)]] = true
		}
	}
	return sorted(names)
}

func terms(name string) []string {
	return strings.Split(path.Clean(name), "/")
}

func below(own, folder []string) bool {
	if len(own) < len(folder) {
		return false
	}
	for i := range folder {
		if own[i] != folder[i] {
			return false
		}
	}
	return true
}

func sorted(names map[string]bool) []string {
	list := make([]string, 0)
	for name := range names {
		list = append(list, name)
	}
	sort.Strings(list)
	return list
}
