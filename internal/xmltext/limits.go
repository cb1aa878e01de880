package xmltext

// Limits bounds what one document may cost. A zero field stands for the default
// in its comment; the defaults protect the process, they are not XML's own.
type Limits struct {
	Depth        int // open elements, root = 1; 128; more is xml.depth
	Attributes   int // of one tag, declarations not counted; 256; more is xml.attributes
	Declarations int // namespace declarations of one tag; 64; more is xml.namespaces
	Scope        int // namespace declarations in force; 256; more is xml.namespaces
	Name         int // octets of a name as written, prefix included; 1024; more is xml.name
	StartTag     int // octets of a tag from < to >; 65536; more is xml.starttag
	NameTable    int // characters of all distinct names and prefixes; unlimited; more is xml.name
}

// Defaults returns l with every zero field but NameTable replaced by its
// default.
func (l Limits) Defaults() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.Depth, 128)
	set(&l.Attributes, 256)
	set(&l.Declarations, 64)
	set(&l.Scope, 256)
	set(&l.Name, 1024)
	set(&l.StartTag, 65536)
	return l
}
