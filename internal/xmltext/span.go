package xmltext

// Span is a range of octets of the buffer given to Next: the octet at Start
// belongs to it, the octet at End does not.
type Span struct{ Start, End int }

// Of returns the octets of the span in b, without copying.
func (s Span) Of(b []byte) []byte { return b[s.Start:s.End] }

// Len returns the number of octets.
func (s Span) Len() int { return s.End - s.Start }

// Empty tells whether the span holds no octets.
func (s Span) Empty() bool { return s.Start >= s.End }

// Name is an expanded name (Namespaces in XML 1.0, 2.1). Space is nil where no
// namespace applies. Both parts are views; see Scanner for how long they live.
type Name struct{ Space, Local []byte }

// Is compares exactly, octet by octet: no case folding, no trimming.
func (n Name) Is(space, local string) bool {
	return string(n.Local) == local && string(n.Space) == space
}

// Attr is an attribute of a start tag, namespace declarations excepted.
type Attr struct {
	Name   Name   // Space is nil without a prefix
	Prefix []byte // as written, a view of the data
	Raw    Span   // the value between its quotes, undecoded
	bind   int    // index of its declaration
}

// Decl is a namespace declaration in force. Prefix is empty for the default
// namespace; Space is then empty when xmlns="" removed it. Space is decoded.
type Decl struct{ Prefix, Space []byte }
