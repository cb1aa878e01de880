package infoset

import (
	"fmt"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// Path names elements or attributes by the local names on the way to them.
type Path struct {
	text  string
	steps []step
}

// step is one name of a path.
type step struct {
	local     string // "*" stands for every name
	deep      bool   // any number of elements may lie before
	attribute bool
}

// maxSteps lets the steps that were reached stand in the bits of one word.
const maxSteps = 62

// ParsePath reads a path such as /s:Envelope/s:Body/*/o:Time, //o:Time or
// //Item/@id. Prefixes stand for nothing: names are compared by their local part.
// A name of * matches every name, // lets any number of elements lie between.
func ParsePath(text string) (Path, error) {
	p := Path{text: text}
	rest := text
	for rest != "" {
		var s step
		switch {
		case p.steps != nil && p.steps[len(p.steps)-1].attribute:
			return p, fmt.Errorf("path %q: an attribute is the last step", text)
		case strings.HasPrefix(rest, "//"):
			s.deep, rest = true, rest[2:]
		case rest[0] == '/':
			rest = rest[1:]
		default:
			return p, fmt.Errorf("path %q: begin it with / or //", text)
		}
		name := rest
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			name = rest[:i]
		}
		rest = rest[len(name):]
		name, s.attribute = strings.CutPrefix(name, "@")
		if i := strings.IndexByte(name, ':'); i >= 0 {
			name = name[i+1:]
		}
		if name != "*" && !xmltext.IsNCName([]byte(name)) {
			return p, fmt.Errorf("path %q: %q is no name; predicates and functions are not known here", text, name)
		}
		s.local = name
		p.steps = append(p.steps, s)
	}
	if n := len(p.steps); n == 0 || n > maxSteps {
		return p, fmt.Errorf("path %q: 1 to %d steps are allowed", text, maxSteps)
	}
	return p, nil
}

func (p *Path) String() string { return p.text }

// reached are the steps of a path that may come next, a bit for each; the bit
// behind the last says that the path ends here.
type reached uint64

// descend goes from an element to one of its children or attributes.
func (p *Path) descend(from reached, local string, attribute bool) reached {
	var to reached
	for i, s := range p.steps {
		if from>>i&1 == 0 {
			continue
		}
		if s.deep && !attribute {
			to |= 1 << i
		}
		if s.attribute == attribute && (s.local == "*" || s.local == local) {
			to |= 1 << (i + 1)
		}
	}
	return to
}

// ends reports whether the path names what was reached.
func (p *Path) ends(at reached) bool { return at>>len(p.steps)&1 != 0 }
