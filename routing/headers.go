package routing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/viaduct-soap/viaduct/binding"
)

// FieldAction says what a rule does with an HTTP field.
type FieldAction uint8

// Actions.
const (
	AddField  FieldAction = iota // one more field line
	DropField                    // no field line of that name
	SetField                     // exactly one field line
)

var fieldActions = [...]string{"add", "drop", "set"}

func (a FieldAction) String() string { return fieldActions[a] }

// FieldRule changes one HTTP field of the requests to a destination. Rules are
// applied in their order, after Viaduct has written its own fields.
type FieldRule struct {
	Do           FieldAction
	Field, Value string // DropField has no value
}

// NewFieldRule checks a rule as the settings write it: do is add, drop or set.
// Fields that say where a message ends, what it is or that belong to one
// connection cannot be ruled; neither can the count of routers.
func NewFieldRule(do, field, value string) (FieldRule, error) {
	i := slices.Index(fieldActions[:], do)
	switch {
	case i < 0:
		return FieldRule{}, fmt.Errorf("%q is none of add, drop, set", do)
	case !isToken(field):
		return FieldRule{}, fmt.Errorf("%q is no name of an HTTP field", field)
	case slices.ContainsFunc(unruled, func(n string) bool { return strings.EqualFold(n, field) }):
		return FieldRule{}, fmt.Errorf("field %s is written by Viaduct alone", field)
	case FieldAction(i) == DropField && value != "":
		return FieldRule{}, fmt.Errorf("drop %s: a rule that drops has no value", field)
	case !isFieldValue(value):
		return FieldRule{}, fmt.Errorf("%s %s: %q cannot stand in an HTTP field", do, field, value)
	}
	return FieldRule{Do: FieldAction(i), Field: field, Value: value}, nil
}

// unruled are fields of framing, of the message's type, of the connection
// (RFC 9110, 7.6.1) and of the loop check.
var unruled = []string{
	"Connection", "Content-Encoding", "Content-Length", "Content-Type", "Expect", "Host", "HTTP2-Settings", "Keep-Alive",
	"MIME-Version", "Proxy-Authorization", "Proxy-Connection", "SOAPAction", "TE", "Trailer", "Transfer-Encoding", "Upgrade", hopsField,
}

// ApplyRules returns the fields with the rules applied. It may change fields in
// place.
func ApplyRules(fields binding.HTTPFields, rules []FieldRule) binding.HTTPFields {
	for _, r := range rules {
		if r.Do != AddField {
			fields = slices.DeleteFunc(fields, func(f binding.HTTPField) bool { return strings.EqualFold(f.Name, r.Field) })
		}
		if r.Do != DropField {
			fields = fields.Add(r.Field, r.Value)
		}
	}
	return fields
}

// isToken follows RFC 9110, 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return s != ""
}

// isFieldValue follows RFC 9110, 5.5, without octets above ASCII.
func isFieldValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '\t' && (c < ' ' || c > '~') {
			return false
		}
	}
	return strings.Trim(s, " \t") == s
}
