package binding

import "strings"

// HTTPField is one field line.
type HTTPField struct{ Name, Value string }

// HTTPFields are fields in order. Names keep their spelling and compare without
// regard to case.
type HTTPFields []HTTPField

// Get returns the value of the first field of that name, or "".
func (f HTTPFields) Get(name string) string {
	for i := range f {
		if strings.EqualFold(f[i].Name, name) {
			return f[i].Value
		}
	}
	return ""
}

// Add returns f with one more field.
func (f HTTPFields) Add(name, value string) HTTPFields {
	return append(f, HTTPField{Name: name, Value: value})
}
