package filter

import (
	"fmt"
	"slices"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/soap"
)

// headerSet is the headers that a message has to bear (dispatch 2.3).
type headerSet []addressing.Header

func newHeaderSet(headers []addressing.Header) headerSet { return slices.Clone(headers) }

// match reports whether every required header is satisfied by a block of its
// own. Surplus blocks never hurt.
func (s headerSet) match(in *Input) (bool, error) {
	if len(s) == 0 {
		return true, nil
	}
	missing, err := s.missing(in)
	return missing < 0, err
}

// missing returns the first requirement that no block satisfies, -1 for none.
func (s headerSet) missing(in *Input) (int, error) {
	satisfied := make([]bool, len(s))
	for i := range in.Envelope.Blocks() {
		if !s.names(in, i) || !considered(in, i) {
			continue
		}
		form, err := in.form(i)
		if err != nil {
			return 0, err
		}
		for k, h := range s {
			if !satisfied[k] && h.Canonical() == form {
				satisfied[k] = true
				break
			}
		}
	}
	return slices.Index(satisfied, false), nil
}

// names reports whether some requirement has the name of the block.
func (s headerSet) names(in *Input, block int) bool {
	n := in.Envelope.Blocks()[block].Name
	return slices.ContainsFunc(s, func(h addressing.Header) bool { return n.Is(h.Space, h.Local) })
}

// considered reports whether a block can be an address header: in WS-Addressing
// 1.0 only one that is marked as a reference parameter.
func considered(in *Input, block int) bool {
	return in.Envelope.Version.Addressing != soap.Addressing10 || in.Envelope.Blocks()[block].RefParam
}

// form returns the comparable form of a block.
func (in *Input) form(block int) (string, error) {
	blocks := in.Envelope.Blocks()
	if in.forms == nil {
		in.forms = make([]string, len(blocks))
	}
	if in.forms[block] == "" {
		b := &blocks[block]
		form, err := addressing.AppendCanonical(nil, b.Element.Of(in.Envelope.Head()), in.Envelope.Scope(b))
		if err != nil {
			return "", err
		}
		in.forms[block] = string(form)
	}
	return in.forms[block], nil
}

// explain tells the first requirement that is not satisfied and how near the
// message comes.
func (s headerSet) explain(in *Input) string {
	if len(s) == 0 {
		return matched
	}
	missing, err := s.missing(in)
	if err != nil {
		return err.Error()
	}
	if missing < 0 {
		return matched
	}
	want := s[missing]
	name := fmt.Sprintf("header %s (%s)", want.Local, want.Space)
	answer := "no " + name
	for i, b := range in.Envelope.Blocks() {
		if !b.Name.Is(want.Space, want.Local) {
			continue
		}
		if !considered(in, i) {
			answer = name + " is not marked IsReferenceParameter"
			continue
		}
		form, err := in.form(i)
		if err != nil {
			return err.Error()
		}
		if form == want.Canonical() {
			return name + " does not occur often enough"
		}
		return name + " " + difference(want.Canonical(), soap.Echo(form))
	}
	return fmt.Sprintf("%s; %s would match", answer, want.Element())
}
