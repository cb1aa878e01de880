package configs

import "slices"

// The tables are written with the functions below: one for each type, and one
// for each thing that a row may say beside name, type and default.

func text(name string) attribute      { return attribute{name: name, typ: tString} }
func link(name string) attribute      { return attribute{name: name, typ: tURI} }
func yes(name, def string) attribute  { return attribute{name: name, typ: tBool, def: def} }
func span(name, def string) attribute { return attribute{name: name, typ: tTimeSpan, def: def} }
func coding(name string) attribute {
	return attribute{name: name, typ: tEncoding, def: "utf-8", code: "MessageTextEncodingNotSupported"}
}

func number(name, def string, least, most int64) attribute {
	return attribute{name: name, typ: tInt, def: def, min: least, max: most}
}

func choice(name, def string, of []string) attribute {
	return attribute{name: name, typ: tEnum, def: def, enum: of}
}

func flags(name, def string, of []string) attribute {
	return attribute{name: name, typ: tFlags, def: def, enum: of}
}

func (a attribute) must() attribute                  { a.required = true; return a }
func (a attribute) hidden() attribute                { a.secret = true; return a }
func (a attribute) fallback(def string) attribute    { a.def = def; return a }
func (a attribute) ident(code string) attribute      { a.code = code; return a }
func (a attribute) proven(test string) attribute     { a.proof = test; return a }
func (a attribute) only(served ...string) attribute  { a.served = served; return a }
func (a attribute) passing(vals ...string) attribute { a.passed = vals; return a }
func (a attribute) because(note string) attribute    { a.note = note; return a }
func (a attribute) longest(n int64) attribute        { a.max = n; return a }
func (a attribute) shortest(n int64) attribute       { a.min = n; return a }

// positive is for a TimeSpan of at least one tick.
func (a attribute) positive() attribute { a.min = 1; return a }

func (a attribute) given(f func(*Element) (bool, string)) attribute { a.when = f; return a }

func (a attribute) as(v Verdict, note string) attribute {
	a.verdict, a.note = v, note
	return a
}

func (a attribute) none(note string) attribute    { return a.as(VerdictNoEffect, note) }
func (a attribute) refuse(note string) attribute  { return a.as(VerdictRefuse, note) }
func (a attribute) later(note string) attribute   { return a.as(VerdictNotYet, note) }
func (a attribute) without(note string) attribute { return a.as(VerdictNotYetSetting, note) }
func (a attribute) pass() attribute               { return a.as(VerdictPass, noteMessage) }

// all gives rows the same verdict and note.
func all(v Verdict, note string, rows ...attribute) []attribute {
	out := slices.Clone(rows)
	for i := range out {
		out[i].verdict, out[i].note = v, note
	}
	return out
}

// withheld is a copy of a part of the tables where everything that is honoured
// elsewhere has another verdict: the kind around it is not served. Names stay
// honoured, since references to them are followed.
func withheld(v Verdict, note string, e *element) *element {
	c := *e
	c.attrs = withheldRows(v, note, e.attrs)
	c.children = nil
	if c.opaque && c.effective() == VerdictHonour || c.effective() != VerdictHonour && c.effective() != VerdictNoEffect {
		c.verdict, c.note, c.scope = v, note, ScopeEndpoint
	}
	for _, x := range e.children {
		c.children = append(c.children, withheld(v, note, x))
	}
	return &c
}

func withheldRows(v Verdict, note string, rows []attribute) []attribute {
	out := slices.Clone(rows)
	for i := range out {
		a := &out[i]
		if a.effective() != VerdictNoEffect && a.name != "name" {
			a.verdict, a.note = v, note
			a.served, a.passed, a.when, a.proof = nil, nil, nil, ""
		}
	}
	return out
}
