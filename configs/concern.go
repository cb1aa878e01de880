package configs

import "strings"

// Concerned gives the endpoints of services, and the services as a whole, that an
// error found while loading concerns, as [File.Affected] does for findings.
// Nothing means: the file, or something that the model does not have.
func (f *File) Concerned(err *Error) (services []*Service, endpoints []*Endpoint) {
	var last *Element
	var look func(e *Element)
	look = func(e *Element) {
		before := e.pos.File == err.Pos.File && e.pos.Compare(err.Pos) <= 0
		if before && !e.pos.IsZero() && (last == nil || last.pos.Compare(e.pos) < 0) {
			last = e
		}
		for _, c := range e.children {
			look(c)
		}
	}
	for _, e := range f.roots {
		look(e)
	}
	// An attribute stands behind its element and before all others. An element
	// that the model does not have may stand anywhere.
	if last == nil || last.pos != err.Pos && !strings.Contains(err.Path, "/@") {
		return nil, nil
	}
	var about []*Element
	var same func(e *Element)
	same = func(e *Element) {
		if e.pos == last.pos {
			about = append(about, e)
		}
		for _, c := range e.children {
			same(c)
		}
	}
	for _, e := range f.roots {
		same(e)
	}
	return f.Affected(Finding{about: about})
}
