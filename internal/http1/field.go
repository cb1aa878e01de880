package http1

import "iter"

// Field is one header field. Name keeps the spelling of its writer.
type Field struct{ Name, Value string }

// Fields is the ordered list of fields of one answer. It keeps the octets of the
// head in one string and looks names up in it, ignoring ASCII case, without
// allocation. The zero value is empty. Fields is immutable; copies share memory.
type Fields struct {
	head string
	list []fieldSpan
}

// fieldSpan gives a field's place in the head.
type fieldSpan struct{ name, nameEnd, value, valueEnd uint32 }

// NewFields returns a list of its own, for tests and for answers not read here.
func NewFields(list ...Field) Fields {
	var f Fields
	var head []byte
	for _, e := range list {
		n := uint32(len(head))
		head = append(append(head, e.Name...), e.Value...)
		v := n + uint32(len(e.Name))
		f.list = append(f.list, fieldSpan{n, v, v, uint32(len(head))})
	}
	f.head = string(head)
	return f
}

// Len returns the number of field lines.
func (f Fields) Len() int { return len(f.list) }

// At returns line i, 0 <= i < Len.
func (f Fields) At(i int) Field {
	s := f.list[i]
	return Field{Name: f.head[s.name:s.nameEnd], Value: f.head[s.value:s.valueEnd]}
}

// All ranges over the lines in their order.
func (f Fields) All() iter.Seq[Field] {
	return func(yield func(Field) bool) {
		for i := range f.list {
			if !yield(f.At(i)) {
				return
			}
		}
	}
}

// Get returns the value of the first line called name, or "".
func (f Fields) Get(name string) string {
	v, _ := f.Lookup(name)
	return v
}

// Lookup returns the value of the first line called name and whether there is one.
func (f Fields) Lookup(name string) (string, bool) {
	for _, s := range f.list {
		if equalFold(f.head[s.name:s.nameEnd], name) {
			return f.head[s.value:s.valueEnd], true
		}
	}
	return "", false
}

// Values ranges over the values of all lines called name.
func (f Fields) Values(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, s := range f.list {
			if equalFold(f.head[s.name:s.nameEnd], name) && !yield(f.head[s.value:s.valueEnd]) {
				return
			}
		}
	}
}

// HasToken says whether a line called name lists token (RFC 9110, 5.6.1),
// ignoring ASCII case. Quoted strings are not understood: use it for lists of
// tokens such as Connection.
func (f Fields) HasToken(name, token string) bool {
	for v := range f.Values(name) {
		if listHas(v, token) {
			return true
		}
	}
	return false
}

// octets is what the look-ups work on: views of a read buffer or strings.
type octets interface{ ~string | ~[]byte }

// equalFold compares ignoring ASCII case only: a field name is ASCII, and
// Unicode folding would let a Kelvin sign pass for a k.
func equalFold[A, B octets](a A, b B) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// listHas says whether the comma separated list v has the element token.
func listHas[A octets](v A, token string) bool {
	for start, i := 0, 0; i <= len(v); i++ {
		if i < len(v) && v[i] != ',' {
			continue
		}
		if equalFold(trimSpace(v[start:i]), token) {
			return true
		}
		start = i + 1
	}
	return false
}

// trimSpace removes optional white space (RFC 9110, 5.6.3): blanks and tabs.
func trimSpace[A octets](v A) A {
	for len(v) > 0 && (v[0] == ' ' || v[0] == '\t') {
		v = v[1:]
	}
	for len(v) > 0 && (v[len(v)-1] == ' ' || v[len(v)-1] == '\t') {
		v = v[:len(v)-1]
	}
	return v
}
