package main

import (
	"fmt"
	"math/rand"
	"strconv"
	"strings"
)

// Calls of printf with random verbs, flags, widths, numbers and values.
func formats(count int) []string {
	r := &generator{Rand: rand.New(rand.NewSource(7))}
	texts := make([]string, count)
	for i := range texts {
		var format, values strings.Builder
		for n := 1 + r.Intn(5); n > 0; n-- {
			format.WriteString(r.verb() + "|")
			values.WriteString(" " + r.formatted())
		}
		texts[i] = fmt.Sprintf("{{printf %q%s}}", format.String(), values.String())
	}
	return texts
}

func (r *generator) verb() string {
	verb := "%"
	for r.Intn(2) == 0 {
		verb += r.one("+", "-", "#", "0", " ")
	}
	verb += r.one("", "", "", "", "", "[1]", "[2]", "[3]")
	verb += r.one("", "", "", "3", "8", "12", "20", "*")
	verb += r.one("", "", "", ".", ".0", ".1", ".3", ".17", ".*")
	verb += r.one("", "", "", "", "", "", "[1]")
	return verb + r.one("v", "v", "s", "d", "q", "t", "f", "e", "g", "G", "E", "F", "c", "o", "O", "U", "T", "%", "z")
}

func (r *generator) formatted() string {
	number := r.NormFloat64()
	for n := r.Intn(12); n > 0; n-- {
		number *= []float64{10, 1000, 0.3, 0.01}[r.Intn(4)]
	}
	return r.one(
		`"a"`, `"é\n\"q\""`, `""`, `"long text"`, "0", "1", "-7", "42", "65", "0x1F600", "1234567", "-9223372036854775808", "1.0", "2.5", "-0.5",
		"1e21", "1e-7", "123456789.125", "0.000012345", "true", "false", "nil", `(split "a,b" ",")`, `(map "a" 1 "b" "x")`, "(seq 1 3)",
		`(json "{\"a\":1.5,\"b\":null,\"c\":[1,\"x\"]}")`, `(index "abc" 1)`, "datetime.Month", strconv.FormatFloat(number, 'f', 1+r.Intn(12), 64),
		strconv.FormatFloat(number, 'e', r.Intn(15), 64), `(gets "/name")`, `(jsonArray "[null,true]")`,
	)
}
