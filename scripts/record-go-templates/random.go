package main

import (
	"math/rand"
	"strings"
)

// Templates of random blocks, pipelines and white space. The seed is fixed, so the same templates come out each time. Most of
// them are accepted in at least one world.
func random(accepted, refused int, worlds []world) []string {
	r := &generator{Rand: rand.New(rand.NewSource(20260305))}
	var texts []string
	for accepted > 0 || refused > 0 {
		r.variables = nil
		text := r.nodes(r.Intn(3))
		left := &refused
		for _, result := range resultsOf(text, worlds) {
			if result.Out != nil {
				left = &accepted
			}
		}
		if *left > 0 && len(text) < 700 {
			*left--
			texts = append(texts, text)
		}
	}
	return texts
}

type generator struct {
	*rand.Rand
	variables []string
	loops     int
}

func (r *generator) one(of ...string) string {
	return of[r.Intn(len(of))]
}

func (r *generator) nodes(depth int) string {
	var text strings.Builder
	for n := 1 + r.Intn(4); n > 0; n-- {
		text.WriteString(r.text())
		text.WriteString(r.node(depth))
	}
	return text.String() + r.text()
}

func (r *generator) text() string {
	return r.one("", "", " ", "\n", "\n\n", "  \n", "\n    ", "a", "key = ", "\n- ", "{ ", "}", "\\", "\t", "\r\n", "# é\n", "x: {y}\n")
}

// An action, with or without trim marks.
func (r *generator) action(content string) string {
	return r.one("{{", "{{", "{{", "{{- ", "{{ ") + content + r.one("}}", "}}", "}}", " -}}", " }}")
}

func (r *generator) node(depth int) string {
	if depth == 0 {
		return r.action(r.pipeline(1))
	}
	before := len(r.variables)
	switch n := r.Intn(12); {
	case n < 4:
		return r.action(r.pipeline(2))
	case n == 4:
		name := r.one("$a", "$b", "$c")
		text := r.action(name + " := " + r.pipeline(2))
		r.variables = append(r.variables, name)
		return text
	case n == 5 && before > 0:
		return r.action(r.variables[r.Intn(before)] + " = " + r.pipeline(2))
	case n == 6:
		return r.one(r.action("/* a {{ b }} */"), "{{/* c */}}", "{{- /* c */ -}}")
	case n == 7 && r.loops > 0:
		return r.action("if "+r.condition()) + r.text() + r.action(r.one("break", "continue")) + r.text() + r.action("end")
	case n < 9:
		return r.block("if", r.condition(), depth)
	case n == 9:
		return r.block("with", r.pipeline(2), depth)
	default:
		r.loops++
		defer func() { r.loops-- }()
		return r.block("range", r.list(), depth)
	}
}

func (r *generator) block(kind, value string, depth int) string {
	before := r.variables
	head := kind + " "
	switch r.Intn(4) {
	case 0:
		name := r.one("$a", "$b", "$v")
		head += name + " := "
		r.variables = append(append([]string{}, before...), name)
	case 1:
		if kind == "range" {
			head += "$i, $v := "
			r.variables = append(append([]string{}, before...), "$i", "$v")
		}
	}
	inside := r.variables
	text := r.action(head+value) + r.nodes(depth-1)
	r.variables = inside
	if kind == "if" && r.Intn(4) == 0 {
		text += r.action("else if "+r.condition()) + r.nodes(depth-1)
		r.variables = inside
	}
	if r.Intn(2) == 0 {
		loops := r.loops
		if kind == "range" {
			r.loops--
		}
		text += r.action("else") + r.nodes(depth-1)
		r.loops = loops
	}
	r.variables = before
	return text + r.action("end")
}

func (r *generator) key() string {
	return r.one("/name", "/scale", "/gone", "/settings/mode", "/settings/limit", "/labels/tier", "/list/0", "/settings/record")
}

func (r *generator) condition() string {
	return r.one(
		`exists "`+r.key()+`"`, `eq (getv "`+r.key()+`" "none") "fast"`, `and (exists "`+r.key()+`") (eq (getv "`+r.key()+`") "web")`,
		`or (exists "`+r.key()+`") (getv "`+r.key()+`")`, `not (exists "`+r.key()+`")`, `gt (len (ls "/members")) `+r.one("0", "1", "2", "9"),
		`true`, `0`, `""`, r.pipeline(1), r.list(), `lt 1 2.5`, `ne .`+r.one("Key", "Value", "size")+` nil`,
	)
}

func (r *generator) list() string {
	return r.one(
		`ls "/members"`, `lsdir "/members"`, `gets "/members/*/ip"`, `getvs "/list/*"`, `gets "/gone/*"`, `ls "/gone"`, `seq 1 3`,
		`jsonArray (getv "/settings/rows")`, `(json (getv "/settings/record")).rooms`, `json (getv "/settings/record")`,
		`split (getv "/csv" "a,b") ","`, `reverse (getvs "/list/*")`, `sortByLength (ls "/members")`, `map "k" 1 "j" "x"`, `.`,
		`sortKVByLength (gets "/settings/*")`,
	)
}

func (r *generator) pipeline(depth int) string {
	text := r.value(depth)
	for r.Intn(3) == 0 {
		text += " | " + r.one(
			"toUpper", "toLower", "len", `printf "%v!"`, `printf "%-8v|"`, `printf "%q"`, "html", "js", "urlquery", "print", "println",
			"base", "dir", `contains "a"`, "atoi", "add 1", `eq "web"`, "not", `trimSuffix "x"`, "base64Encode", "json", `printf "%[1]v %[1]T"`,
		)
	}
	return text
}

func (r *generator) value(depth int) string {
	if len(r.variables) > 0 && r.Intn(4) == 0 {
		return r.variables[r.Intn(len(r.variables))] + r.one("", "", "", ".Key", ".Value", ".tag", ".depth.level")
	}
	simple := []string{
		".", ".Key", ".Value", ".tag", ".size", "$", `"text"`, "`raw \"x\"`", "12", "1.50", "1e6", "'a'", "true", "0x1F", `"\n\t\"é"`,
		`getv "` + r.key() + `"`, `getv "` + r.key() + `" "other"`, "datetime.Year", `len (ls "/members")`,
	}
	if depth == 0 || r.Intn(2) == 0 {
		return r.one(simple...)
	}
	a, b := "("+r.value(depth-1)+")", "("+r.value(depth-1)+")"
	return r.one(
		`printf "%v-%v" `+a+" "+b, `printf "%[2]v %[1]v" `+a+" "+b, `printf "%5v|%-5v|%05d" `+a+" "+b+" 42", "print "+a+" "+b+" 1 2",
		"index "+a+" "+b, `index (jsonArray (getv "/settings/rows")) 1`, `(index (jsonArray (getv "/settings/rows")) 0).tag`,
		`(json (getv "/settings/record")).depth`, `(json (getv "/settings/record")).site`, `(get "`+r.key()+`").Value`, "eq "+a+" "+b,
		"and "+a+" "+b, "or "+a+" "+b, "add "+a+" "+b, "join (getvs \"/list/*\") \",\"", "slice "+a+" 1", a+".Key", "len "+a,
		`replace "a-b-c" "-" `+a+" -1", "printf "+a+" "+b, `datetime.Format "2006-01-02 15:04"`, "map \"a\" "+a+" \"b\" "+b, "lt "+a+" "+b,
	)
}
