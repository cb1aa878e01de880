package configs

import (
	"math"
	"slices"
)

// Verdict says what becomes of a schema row that no constructor consumes.
type Verdict string

// Verdicts. NotYet and NotYetSetting are refusals whose machinery comes later:
// a constructor that consumes such a row makes it honoured.
const (
	VerdictHonour        Verdict = "H"  // must be consumed; if it is not, Viaduct has a defect
	VerdictNoEffect      Verdict = "N"  // accepted, one notice
	VerdictRefuse        Verdict = "R"  // refused for good
	VerdictNotYet        Verdict = "R0" // refused until it is built; stops the start
	VerdictNotYetSetting Verdict = "R1" // refused until it is built; the rest is served without it
	VerdictPass          Verdict = "P"  // refused, unless the endpoint passes messages through unchanged; see Security.PassThrough
)

// element is the schema of one element. The tables of schema_*.go are the one
// place where names, types, defaults and verdicts stand.
type element struct {
	name     string
	attrs    []attribute
	children []*element

	many    bool     // may be repeated
	owns    bool     // its settings matter only when it is used
	implied bool     // has an effect (its defaults) where it is not written
	mixed   bool     // text between the children is ignored (inside behavior and customBinding)
	opaque  bool     // content is not read
	text    bool     // holds text (an XPath expression); see Element.Text
	section bool     // may carry configSource
	arc     bool     // a collection with clear and remove
	exact   bool     // an exact repetition of an item is accepted (routing collections)
	keys    []string // of an item: the attributes that make its key
	fold    string   // of an item: the key attribute whose letter case does not count

	verdict Verdict
	scope   Scope // of a refusal; ScopeFile when empty
	when    func(*Element) (relevant bool, why string)
	code    string // for a second one, or an unknown child
	sec     string // section of spec wcf-config
	note    string // why it has no effect, or what to do
}

// attribute is the schema of one attribute.
type attribute struct {
	name     string
	typ      valueType
	def      string // text of the default; "" = none
	enum     []string
	min, max int64             // of numbers: both 0 = the whole range of int; of a TimeSpan: min in ticks of 100 ns; of a string: its length
	means    map[string]string // of an enumeration: names that stand for another one
	anyCase  bool              // of flags: letter case does not count, and a number is legal
	secret   bool              // its text is never shown
	required bool              // and not empty

	served  []string // values that are served; nil = all
	passed  []string // values that are served where messages pass through unchanged (Security.PassThrough)
	verdict Verdict  // empty = H
	when    func(*Element) (relevant bool, why string)
	code    string // WCF identifier for a wrong value
	note    string
	proof   string // of H: the test that changes the value and sees the behaviour change
}

// Row is one row of the schema as documentation and tests see it.
type Row struct {
	Path      string // from the root, e.g. system.serviceModel/services/service
	Attribute string // "" for the row of the element itself
	Type      string
	Default   string
	Values    []string // legal values of an enumeration
	Min, Max  int64    // both 0 = no range of its own
	Required  bool
	Verdict   Verdict
	Served    []string // values that are served, where that is fewer than the legal ones
	Passed    []string // values that are served where messages pass through unchanged
	Proof     string   // of H: name of the test that sees the behaviour change
	Code      string
	Section   string // of spec wcf-config
	Note      string
}

const maxInt = math.MaxInt32

// schemaRoots are the sections and groups that the reader knows.
var schemaRoots = []*element{schemaServiceModel, schemaWeb, schemaWebServer, schemaTracing, schemaAppSettings}

// Schema gives every element and attribute that the reader knows, in the order
// of the tables. What a row calls opaque has no rows below it.
func Schema() []Row {
	var rows []Row
	var walk func(path string, e *element)
	walk = func(path string, e *element) {
		if path != "" {
			path += "/"
		}
		path += e.name
		rows = append(rows, Row{Path: path, Type: "element", Verdict: e.effective(), Code: e.code, Section: e.sec, Note: e.note})
		for i := range e.attrs {
			a := &e.attrs[i]
			rows = append(rows, Row{
				Path: path, Attribute: a.name, Type: a.typ.String(), Default: a.def, Values: a.enum, Min: a.min, Max: a.max,
				Required: a.required, Verdict: a.effective(), Served: a.served, Passed: a.passed, Proof: a.proof, Code: a.code, Section: e.sec, Note: a.note,
			})
		}
		for _, c := range e.children {
			walk(path, c)
		}
	}
	for _, e := range schemaRoots {
		walk("", e)
	}
	return rows
}

func (e *element) effective() Verdict {
	if e.verdict == "" {
		return VerdictHonour
	}
	return e.verdict
}

func (a attribute) effective() Verdict {
	if a.verdict == "" {
		return VerdictHonour
	}
	return a.verdict
}

func (e *element) lookup(name string) *element {
	for _, c := range e.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

func (e *element) attribute(name string) *attribute {
	for i := range e.attrs {
		if e.attrs[i].name == name {
			return &e.attrs[i]
		}
	}
	return nil
}

func (e *element) childNames() []string {
	var out []string
	for _, c := range e.children {
		out = append(out, c.name)
	}
	return out
}

func (e *element) attrNames() []string {
	var out []string
	for i := range e.attrs {
		out = append(out, e.attrs[i].name)
	}
	return out
}

// join concatenates rows into a new slice, so that tables can share parts.
func join[T any](parts ...[]T) []T { return slices.Concat(parts...) }
