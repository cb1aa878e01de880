package configs

import (
	"encoding/xml"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// samples are legal values where the type alone does not give one.
var samples = map[string]string{
	"baseAddress": "http://sample/b", "relativeAddress": "dir/a.svc", "httpsGetUrl": "https://sample/x", "httpsHelpPageUrl": "https://sample/x",
	"filterType": "MatchAll", "key": serviceBusKey, "switchValue": "Warning",
}

func sample(a *attribute) string {
	if s, ok := samples[a.name]; ok && (a.name != "key" || !a.required) {
		return s
	}
	switch a.typ {
	case tBool:
		if a.def == "true" {
			return "false"
		}
		return "true"
	case tInt:
		return fmt.Sprint(max(a.min, 1))
	case tTimeSpan:
		return "00:00:07"
	case tEnum, tFlags, tMessageVersion:
		for _, v := range a.enum {
			if v != a.def && a.means[v] != a.means[a.def] {
				return v
			}
		}
		return a.enum[0]
	case tURI:
		return "http://sample/x"
	case tEncoding:
		return "utf-16"
	default:
		return "s" + strings.Repeat("x", int(max(a.min-1, 3)))
	}
}

// place finds the rows of a path.
func rowsOf(t *testing.T, path string) []*element {
	t.Helper()
	var rows []*element
	for part := range strings.SplitSeq(path, "/") {
		var next *element
		if len(rows) == 0 {
			for _, r := range schemaRoots {
				if r.name == part {
					next = r
				}
			}
		} else {
			next = rows[len(rows)-1].lookup(part)
		}
		require.NotNil(t, next, path)
		rows = append(rows, next)
	}
	return rows
}

// written is a file with one element: the last of rows, with what its attributes
// and those around it need. The attributes given replace the required one of
// their name; "-" stands for none.
func written(rows []*element, name string, attrs ...string) string {
	var b strings.Builder
	b.WriteString("<configuration>\n")
	for i, r := range rows {
		b.WriteString("<" + r.name)
		if r.name == "source" && name != "name" {
			b.WriteString(` name="System.ServiceModel"`)
		}
		for j := range r.attrs {
			a := &r.attrs[j]
			if a.required && (i < len(rows)-1 || a.name != name) || a.name == "key" && r.lookup("key") == nil && rows[0] == schemaAppSettings {
				b.WriteString(" " + a.name + `="` + sample(a) + `"`)
			}
		}
		if i < len(rows)-1 {
			b.WriteString(">\n")
		}
	}
	for _, a := range attrs {
		b.WriteString("\n " + a)
	}
	b.WriteString("/>\n")
	for i := len(rows) - 2; i >= 0; i-- {
		b.WriteString("</" + rows[i].name + ">\n")
	}
	b.WriteString("</configuration>")
	return b.String()
}

// pair is an attribute as it stands in a file.
func pair(name, value string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(value)) // a strings.Builder does not fail
	return name + `="` + b.String() + `"`
}

func reads(t *testing.T, text string) (*File, Errors) {
	t.Helper()
	f, err := Parse("w", []byte(text))
	var errs Errors
	if err != nil {
		require.ErrorAs(t, err, &errs, text)
	}
	return f, errs
}

// elementAt is the first written element at a path of rows.
func elementAt(f *File, rows []*element) *Element {
	for _, root := range f.roots {
		if root.row != rows[0] {
			continue
		}
		e := root
		for _, r := range rows[1:] {
			if e = e.child(r.name); e == nil {
				return nil
			}
		}
		return e
	}
	return nil
}

func at(errs Errors, p source.Pos) *Error {
	for _, e := range errs {
		if e.Pos == p {
			return e
		}
	}
	return nil
}

// TestAttributes_read drives the reader with every attribute: absent, legal,
// illegal, misspelled, twice.
func TestAttributes_read(t *testing.T) {
	t.Parallel()
	matrix := map[string]bool{}
	for _, r := range specRows(t) {
		if r.name == "." {
			continue
		}
		rows := rowsOf(t, r.path)
		if rows[0] == schemaAppSettings && r.name == "key" {
			continue // entries with other keys are none of Viaduct's business
		}
		row := rows[len(rows)-1].attribute(r.name)
		readsAbsent(t, r, rows)
		readsNames(t, r, rows, row)
		good, bad := []string{sample(row)}, wrong(r)
		kind := fmt.Sprint(r.name, r.typ, r.least, r.most, r.values, r.required)
		if matrix[kind] {
			bad = bad[:min(len(bad), 1)]
		} else {
			good = append(good, legal(r)...)
		}
		matrix[kind] = true
		for _, v := range good {
			f, errs := reads(t, written(rows, r.name, pair(r.name, v)))
			e := elementAt(f, rows)
			require.NotNil(t, e, "%s\n%v", r.id(), errs)
			a := e.attr(r.name)
			assert.False(t, a.bad, "%s=%q: %v", r.id(), v, errs)
			assert.True(t, a.written && a.text == v, r.id())
			want, err := row.parse(v)
			require.NoError(t, err, r.id())
			assert.Equal(t, want, a.val, r.id())
		}
		for _, v := range bad {
			f, errs := reads(t, written(rows, r.name, pair(r.name, v)))
			e := elementAt(f, rows)
			require.NotNil(t, e, r.id())
			code := r.code
			switch {
			case r.required && v == "":
				code = "Config_base_required_attribute_missing"
			case code == "":
				code = "Config_base_value_invalid"
			}
			x := at(errs, e.attr(r.name).at)
			if assert.NotNil(t, x, "%s=%q is accepted", r.id(), v) {
				assert.Equal(t, code, x.Code, "%s=%q", r.id(), v)
				assert.Contains(t, x.Path, "/@"+r.name)
				assert.Equal(t, 1, strings.Count(errs.Error(), x.Error()), "said twice")
			}
		}
	}
}

func readsAbsent(t *testing.T, r *specRow, rows []*element) {
	t.Helper()
	f, errs := reads(t, written(rows, r.name))
	e := elementAt(f, rows)
	require.NotNil(t, e, "%s: %v", r.id(), errs)
	a := e.attr(r.name)
	require.NotNil(t, a, r.id())
	assert.False(t, a.written, r.id())
	assert.Equal(t, r.def, a.text, r.id())
	if !r.required || rows[0] != schemaServiceModel {
		return
	}
	x := at(errs, e.pos)
	if assert.NotNil(t, x, "%s is missing and nobody says so", r.id()) {
		assert.Equal(t, "Config_base_required_attribute_missing", x.Code, r.id())
	}
}

// readsNames: a misspelled attribute is unknown where it stands, and one that
// stands twice is no XML.
func readsNames(t *testing.T, r *specRow, rows []*element, row *attribute) {
	t.Helper()
	value := pair(r.name, sample(row))
	_, errs := reads(t, written(rows, r.name, value, value))
	assert.Contains(t, errs.Error(), "attribute "+r.name+" stands twice", r.id())
	if rows[0] != schemaServiceModel {
		return
	}
	other := strings.ToUpper(r.name[:1]) + r.name[1:]
	if other == r.name {
		other = strings.ToLower(r.name)
	}
	text := written(rows, r.name, pair(other, sample(row)))
	_, errs = reads(t, text)
	found := false
	for _, x := range errs {
		found = found || x.Code == "Config_base_unrecognized_attribute" && strings.Contains(x.Text, "did you mean "+r.name+"?") && x.Pos.Column == 2
	}
	assert.True(t, found, "%s: %v", r.id(), errs)
}

// legal are values at the ends of the range, and in every way to write them
// (spec wcf-config 0).
func legal(r *specRow) []string {
	switch r.typ {
	case "bool":
		return []string{"TRUE", " false\t", "True"}
	case "enum", "MessageVersion":
		return r.values
	case "flags":
		return append([]string{r.values[0] + ", " + r.values[1]}, r.values...)
	case "int":
		least, most := bounds(r)
		hex := new(big.Int).Set(most)
		return []string{least.String(), " " + most.String() + " ", "0x" + hex.Text(16), "&h" + hex.Text(16), "#" + hex.Text(16)}
	case "TimeSpan":
		out := []string{
			"3", "1.02:03:04.5", "00:01", "infinite", "Infinite", "24.20:31:23.6470000", "10675199.02:48:05.4775807", "00:00:00.0000001",
		}
		switch r.least {
		case "-1ms":
			out = append(out, "-00:00:00.0010000")
		case "":
			out = append(out, "00:00:00", "0")
		}
		return out
	case "Encoding":
		return []string{"UTF-8", "utf-16", "Unicode", "unicodeFFFE", "utf-16BE"}
	case "string":
		if least, most := r.least, r.most; least != "" && r.name != "relativeAddress" {
			var n int
			_, _ = fmt.Sscan(most, &n)
			return []string{strings.Repeat("ö", max(n, 32))}
		}
	}
	return nil
}

func bounds(r *specRow) (least, most *big.Int) {
	least, most = big.NewInt(-2147483648), big.NewInt(2147483647)
	if r.least != "" {
		least.SetString(r.least, 10)
		most.SetString(r.most, 10)
	}
	return least, most
}

// wrong are values that are refused.
func wrong(r *specRow) []string {
	one := big.NewInt(1)
	switch r.typ {
	case "bool":
		return []string{"1", "yes", "", "0", "truefalse"}
	case "enum", "MessageVersion":
		v := r.values[0]
		return []string{strings.ToLower(v) + "_", strings.ToLower(v[:1]) + v[1:], " " + v, v + " ", "", "1", "+" + v, "-" + v, v + "," + v}
	case "flags":
		if r.name == "switchValue" {
			return []string{"Chatty", "-1"}
		}
		return []string{"Nobody", strings.ToLower(r.values[0]), "", " " + r.values[0], "1", r.values[0] + ";" + r.values[1], r.values[0] + ","}
	case "int":
		least, most := bounds(r)
		return []string{
			least.Sub(least, one).String(), most.Add(most, one).String(), "", "1.5", "many", "1e3", "0x", "--1", "1,000", "0x-1",
		}
	case "TimeSpan":
		out := []string{"soon", "", "-00:00:01", "24:00:00", "00:60:00", "00:00:60", "24.20:31:23.6480000", "25", "00:00:00.00000001", "10s", "1:2:3:4"}
		if r.least == ">0" {
			out = append(out, "00:00:00", "0")
		}
		return out
	case "Encoding":
		return []string{"iso-8859-1", "utf-7", ""}
	case "Uri":
		return []string{"http://a/\tb"}
	}
	switch {
	case r.least == "3":
		return []string{"ab"}
	case r.least == "32":
		return []string{strings.Repeat("x", 31)}
	case r.most != "":
		var n int
		_, _ = fmt.Sscan(r.most, &n)
		return []string{strings.Repeat("x", n+1)}
	case r.required:
		return []string{""}
	}
	return nil
}

// TestElements_twice: an element that stands twice where WCF takes one is refused
// at the second place.
func TestElements_twice(t *testing.T) {
	t.Parallel()
	n := 0
	var walk func(rows []*element)
	walk = func(rows []*element) {
		row := rows[len(rows)-1]
		for _, c := range row.children {
			path := append(append([]*element(nil), rows...), c)
			if !c.many && !row.opaque {
				one := written(path, "")
				start := strings.Index(one, "<"+c.name+" ")
				if start < 0 {
					start = strings.LastIndex(one, "<"+c.name+"/>")
				}
				if start < 0 {
					start = strings.LastIndex(one, "<"+c.name+"\n")
				}
				end := start + strings.Index(one[start:], "/>") + 2
				_, errs := reads(t, one[:end]+"\n   "+one[start:end]+one[end:])
				code := c.code
				switch {
				case c.section:
					code = "Config_sections_must_be_unique"
				case code == "":
					code = "Config_base_element_cannot_be_repeated"
				}
				found := false
				for _, x := range errs {
					found = found || x.Code == code && x.Pos.Column == 4
				}
				assert.True(t, found, "%s: %v", c.name, errs)
				n++
			}
			walk(path)
		}
	}
	walk([]*element{schemaServiceModel})
	t.Logf("%d elements", n)
}
