package xmltext

import (
	"bytes"
	"hash/maphash"
	"unicode/utf8"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

var (
	xmlPrefix = []byte("xml")
	xmlSpace  = []byte("http://www.w3.org/XML/1998/namespace")
)

const xmlnsSpace = "http://www.w3.org/2000/xmlns/"

// find returns the index in decls of the declaration that binds prefix, or -1. A
// default namespace that xmlns="" removed counts as none.
func (s *Scanner) find(prefix []byte) int {
	for k := len(s.decls); k > 0; {
		k--
		p := s.decls[k].Prefix
		if len(p) != len(prefix) || len(p) > 0 && (p[0] != prefix[0] || string(p) != string(prefix)) {
			continue
		}
		if len(p) == 0 && len(s.decls[k].Space) == 0 {
			return -1
		}
		return k
	}
	return -1
}

// declare puts a declaration of the tag being read in force; at is its offset.
// Its own element sees it in open, when the tag is complete.
func (s *Scanner) declare(prefix, raw []byte, plain bool, at int) {
	for k := s.nDecl; k < len(s.decls); k++ {
		if string(s.decls[k].Prefix) == string(prefix) {
			s.wrong(refusal.XMLDupAttr, at, "declaration twice")
			return
		}
	}
	if len(s.decls)-s.nDecl >= s.limits.Declarations || len(s.decls) > s.limits.Scope {
		s.wrong(refusal.XMLNamespaces, at, "too many namespace declarations")
		return
	}
	from := len(s.spaces)
	s.spaces = append(s.spaces, prefix...)
	middle := len(s.spaces)
	if plain {
		s.spaces = append(s.spaces, raw...)
	} else {
		s.spaces, _ = AppendAttrValue(s.spaces, raw)
	}
	end := len(s.spaces)
	if !legal(prefix, s.spaces[middle:end]) {
		s.wrong(refusal.XMLPrefix, at, "declaration against the rules")
		return
	}
	s.decls = append(s.decls, Decl{s.spaces[from:middle:middle], s.spaces[middle:end:end]})
	s.uses = append(s.uses, use{})
}

// legal tells whether a declaration obeys Namespaces in XML 1.0, 3 and 5 (no
// undeclaring of prefixes).
func legal(prefix, space []byte) bool {
	if string(prefix) == "xmlns" || string(space) == xmlnsSpace {
		return false
	}
	if string(prefix) == "xml" || string(space) == string(xmlSpace) {
		return string(prefix) == "xml" && string(space) == string(xmlSpace)
	}
	return len(space) > 0 || len(prefix) == 0
}

// leave takes declarations out of force. Their memory is used again only where
// tokens do not outlive the next call.
func (s *Scanner) leave(decls, spaces int) {
	s.decls, s.uses = s.decls[:decls], s.uses[:decls]
	if s.pieces {
		s.spaces = s.spaces[:spaces]
	}
}

// use is what duplicate checks know of a declaration.
type use struct {
	hash uint64
	id   uint64 // the same for equal namespaces, 0 when not yet asked for
}

// duplicates finds attributes with the same expanded name.
type duplicates struct {
	seed  maphash.Seed
	named bool // seed is made
	ids   uint64
	slots []int // index in attrs + 1
}

// hashFrom is the number of attributes from which a table pays.
const hashFrom = 16

// resolve gives the attributes their namespaces and refuses equal names
// (Namespaces in XML 1.0, 6.3). An attribute without a prefix has no namespace.
func (s *Scanner) resolve() bool {
	for i := range s.attrs {
		a := &s.attrs[i]
		if a.Prefix == nil {
			a.bind = -1
			continue
		}
		if a.bind = s.find(a.Prefix); a.bind < 0 {
			s.wrong(refusal.XMLPrefix, a.Raw.Start, "unbound prefix of an attribute")
			return false
		}
		a.Name.Space = s.decls[a.bind].Space
	}
	if len(s.attrs) >= hashFrom {
		return s.hashed()
	}
	for i := 1; i < len(s.attrs); i++ {
		for k := range i {
			if string(s.attrs[i].Name.Local) == string(s.attrs[k].Name.Local) && s.sameSpace(i, k) {
				s.wrong(refusal.XMLDupAttr, s.attrs[i].Raw.Start, "attribute twice")
				return false
			}
		}
	}
	return true
}

func (s *Scanner) sameSpace(i, k int) bool {
	a, b := s.attrs[i].bind, s.attrs[k].bind
	if a < 0 || b < 0 || a == b {
		return a == b
	}
	return s.identify(a) == s.identify(b)
}

// identify numbers namespaces, so that long ones are compared once for each
// declaration and not once for each pair of attributes.
func (s *Scanner) identify(k int) uint64 {
	u := &s.uses[k]
	if u.id != 0 {
		return u.id
	}
	u.hash = maphash.Bytes(s.dup.mustSeed(), s.decls[k].Space)
	for i := range s.uses {
		v := &s.uses[i]
		if v.id != 0 && v.hash == u.hash && bytes.Equal(s.decls[i].Space, s.decls[k].Space) {
			u.id = v.id
			return u.id
		}
	}
	s.dup.ids++
	u.id = s.dup.ids
	return u.id
}

func (d *duplicates) mustSeed() maphash.Seed {
	if !d.named {
		d.seed, d.named = maphash.MakeSeed(), true
	}
	return d.seed
}

func (s *Scanner) hashed() bool {
	size, mask := 1, uint64(0)
	for size < 2*len(s.attrs) {
		size, mask = 2*size, 2*mask+1
	}
	d := &s.dup
	if cap(d.slots) < size {
		d.slots = make([]int, size)
	}
	d.slots = d.slots[:size]
	clear(d.slots)
	for i := range s.attrs {
		a := &s.attrs[i]
		h := maphash.Bytes(d.mustSeed(), a.Name.Local)
		if a.bind >= 0 {
			h += s.identify(a.bind) * 0x9E3779B97F4A7C15 // spreads small numbers over all bits
		}
		for ; ; h++ {
			slot := &d.slots[h&mask]
			if *slot == 0 {
				*slot = i + 1
				break
			}
			if k := *slot - 1; string(a.Name.Local) == string(s.attrs[k].Name.Local) && s.sameSpace(i, k) {
				s.wrong(refusal.XMLDupAttr, a.Raw.Start, "attribute twice")
				return false
			}
		}
	}
	return true
}

// nameTable counts the characters of distinct names, as maxNameTableCharCount
// does (wire-formats 6.5). Names are told apart by a seeded hash of 64 bits: a
// collision would only count too little.
type nameTable struct {
	seed  maphash.Seed
	seen  map[uint64]struct{}
	chars int
}

func (t *nameTable) reset() {
	t.chars = 0
	clear(t.seen)
}

func (t *nameTable) add(name []byte) {
	if t.seen == nil {
		t.seed, t.seen = maphash.MakeSeed(), make(map[uint64]struct{})
	}
	h := maphash.Bytes(t.seed, name)
	if _, ok := t.seen[h]; !ok {
		t.seen[h] = struct{}{}
		t.chars += utf8.RuneCount(name)
	}
}

// account enters the names of the tag being read and tells whether they are still
// within the limit.
func (s *Scanner) account() bool {
	from := s.tok.Start + 1
	if s.colon >= 0 {
		s.table.add(s.data[from:s.colon])
		from = s.colon + 1
	}
	s.table.add(s.data[from:s.nameEnd])
	for _, a := range s.attrs {
		s.table.add(a.Prefix)
		s.table.add(a.Name.Local)
	}
	for _, d := range s.decls[s.nDecl:] {
		s.table.add(d.Prefix)
	}
	return s.table.chars <= s.limits.NameTable
}
