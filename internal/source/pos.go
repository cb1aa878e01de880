package source

import (
	"cmp"
	"strconv"
)

// Pos is a place in a configuration file. The zero Pos means "not from a file",
// for instance a default or a value given on the command line.
type Pos struct {
	File   string // name as the user gave it, or relative to the file that includes it
	Line   int    // from 1; 0 when only the file is known
	Column int    // from 1, in octets, as compilers count; 0 when only the line is known
}

// IsZero reports whether p names no place at all.
func (p Pos) IsZero() bool { return p == Pos{} }

// String gives file:line:column, and leaves out the parts that are not known.
// The zero Pos gives "-".
func (p Pos) String() string {
	s := p.File
	if p.Line > 0 {
		if s != "" {
			s += ":"
		}
		s += strconv.Itoa(p.Line)
		if p.Column > 0 {
			s += ":" + strconv.Itoa(p.Column)
		}
	}
	if s == "" {
		return "-"
	}
	return s
}

// Compare orders positions by file, line and column; it suits slices.SortFunc.
func (p Pos) Compare(q Pos) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}
